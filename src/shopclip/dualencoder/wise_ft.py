"""Between the weights before fine-tuning and those after it: WiSE-FT.

Wortsman et al. 2022, Robust fine-tuning of zero-shot models (arXiv 2109.01903), equation 1: weights
are (1 - alpha) × before + alpha × after; here alpha is the one that validation examples like best.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from shopclip.dualencoder.epoch_evaluator import EpochEvaluator
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.training_log import Interpolation

logger = logging.getLogger(__name__)

ALPHAS = tuple(step / 10 for step in range(11))
Weights = Mapping[str, Tensor]


def copied(weights: Weights) -> dict[str, Tensor]:
    """On the CPU, where training cannot change them."""
    return {name: value.detach().cpu().clone() for name, value in weights.items()}


def interpolate(before: Weights, after: Weights, alpha: float) -> dict[str, Tensor]:
    """The weights at `alpha` of the way; at 0 and at 1 the ends to the last bit.

    Counters, such as how many batches a batch norm has seen, are those of `after`.
    """
    if alpha in (0, 1):
        return {**after, **(before if alpha == 0 else {})}
    return {
        name: torch.lerp(before[name], value, alpha) if value.is_floating_point() else value
        for name, value in after.items()
    }


def choose(learner: Learner, evaluator: EpochEvaluator, before: Weights) -> list[Interpolation]:
    """Leave the model at the alpha of the best validation MRR; returns the curve, from 0 to 1.

    Of equal ones the one nearest to the fine-tuned weights is taken.
    """
    model, after = learner.model, copied(learner.model.state_dict())
    scores = []
    for alpha in ALPHAS:
        model.load_state_dict(interpolate(before, after, alpha))
        score = learner.workers.broadcast(lambda: evaluator.mrr(model, learner.precision))
        scores.append(score)
    best = len(scores) - 1 - int(np.argmax(scores[::-1]))
    model.load_state_dict(interpolate(before, after, ALPHAS[best]))
    logger.info(
        "WiSE-FT: alpha %.1f is best on validation (MRR %.3f; as it was %.3f, fine-tuned %.3f)",
        *(ALPHAS[best], scores[best], scores[0], scores[-1]),
    )
    return [
        Interpolation(alpha, score, number == best)
        for number, (alpha, score) in enumerate(zip(ALPHAS, scores, strict=True))
    ]
