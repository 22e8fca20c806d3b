"""Signs that a dual encoder has collapsed: it says the same of everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

MEAN_COSINE_THRESHOLD = (
    0.98  # mean cosine above which all embeddings are one point, and share of chance for a loss
)
EFFECTIVE_RANK_THRESHOLD = 2.0  # effective rank below which all embeddings are one line

WARM_UP = "a longer warmup"
MORE_NEGATIVES = "a larger batch_size, so that more examples have to be told apart at once"
REMEDIES = {
    "image": (
        "a lower image_learning_rate, by half or to a tenth",
        "mean pooling of the image encoder (pooling: mean), above all of a ViT from scratch",
    ),
    "text": (
        "a lower text_learning_rate, by half or to a tenth",
        "last-token pooling of a causal text encoder (pooling: last): at the first it has seen "
        "one token, which many captions share",
    ),
    "one point": (WARM_UP,),
    "one line": (WARM_UP, MORE_NEGATIVES),
    "loss": (
        "other learning rates: a tenth, then three times as high",
        WARM_UP,
        MORE_NEGATIVES,
        "a look at the catalogue: do captions belong to their images?",
    ),
    "untrained": ("epochs above 0: the pair was not trained",),
}


@dataclass(frozen=True)
class Spread:
    """How much of the shared space a tower uses.

    Attributes:
        mean_cosine: mean cosine of two different embeddings; 1 when all are one point.
        effective_rank: exponential of the entropy of the normalised singular values (Roy and
            Vetterli 2007); 1 when all lie on a line through the origin, at most embed_dim.
    """

    mean_cosine: float
    effective_rank: float

    @property
    def collapsed(self) -> bool:
        return (
            self.mean_cosine > MEAN_COSINE_THRESHOLD
            or self.effective_rank < EFFECTIVE_RANK_THRESHOLD
        )

    @property
    def shape(self) -> str:
        return "one point" if self.mean_cosine > MEAN_COSINE_THRESHOLD else "one line"


def spread(embeddings: np.ndarray) -> Spread:
    """Measure L2-normalised embeddings, float (n, embed_dim), n at least 2."""
    count = len(embeddings)
    wide = embeddings.astype(np.float64)
    # |sum|² holds every cosine, and the n of each embedding with itself
    mean_cosine = (np.square(wide.sum(axis=0)).sum() - count) / (count * (count - 1))
    shares = np.sqrt(np.clip(np.linalg.eigvalsh(wide.T @ wide), 0, None))
    shares = shares[shares > 0] / shares.sum()
    return Spread(float(mean_cosine), float(np.exp(-(shares * np.log(shares)).sum())))


def stuck_at_chance(loss: float, chance_loss: float) -> bool:
    """Whether a loss is still that of towers that see nothing, `chance_loss`."""
    return loss > MEAN_COSINE_THRESHOLD * chance_loss


@dataclass(frozen=True)
class Explanation:
    """What was seen of a collapse, with its numbers, and what to try; nothing where there is none.

    Attributes:
        seen: clauses without a capital or a full stop.
        advice: the same, in the order in which to try them.
    """

    seen: tuple[str, ...]
    advice: tuple[str, ...]


def explain(diagnostics: Mapping[str, Any]) -> Explanation:
    """Say by which signs a pair has collapsed.

    Args:
        diagnostics: `final_loss` and `chance_loss` in nats, None without training;
            `image_mean_cosine`, `image_effective_rank` and the same of `text`.
    """
    loss, chance_loss = diagnostics["final_loss"], diagnostics["chance_loss"]
    seen, towers, shapes = [], [], []
    for tower in ("image", "text"):
        shape = Spread(diagnostics[f"{tower}_mean_cosine"], diagnostics[f"{tower}_effective_rank"])
        if shape.collapsed:
            cosine, rank = f"{shape.mean_cosine:.3f}", f"{shape.effective_rank:.1f}"
            numbers = f"mean cosine {cosine}, effective rank {rank}"
            seen.append(f"the {tower} embeddings are {shape.shape} ({numbers})")
            towers.append(tower)
            shapes.append(shape.shape)
    signs = [*towers, *shapes]
    if loss is None:
        signs = ["untrained"] if seen else []
    elif stuck_at_chance(loss, chance_loss):
        ended = f"the loss ended at {loss:.2f} nats"
        seen.insert(0, f"{ended}, where towers that see nothing have {chance_loss:.2f}")
        signs = signs or ["loss"]  # a tower that says one thing can have no other loss
    advice = dict.fromkeys(remedy for sign in signs for remedy in REMEDIES[sign])
    return Explanation(tuple(seen), tuple(advice))
