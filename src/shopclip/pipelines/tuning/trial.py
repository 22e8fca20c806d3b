"""One trial: a pair is trained by a recipe that Optuna chose, as long as it is worth it."""

from __future__ import annotations

import logging
from dataclasses import asdict

from optuna.exceptions import TrialPruned
from optuna.trial import Trial

from shopclip.dualencoder import Epoch, TrainingError
from shopclip.pipelines.tuning.space import Space
from shopclip.pipelines.tuning.study import DEFAULT, SharedStudy
from shopclip.pipelines.tuning.trainer import Trainer

logger = logging.getLogger(__name__)

BELOW = "below the median of the other trials after {} epochs"


def run_trial(trial: Trial, study: SharedStudy, space: Space, trainer: Trainer) -> None:
    """Train, and tell the study how it ended; its value is the best validation MRR of an epoch.

    A default recipe is never pruned, for all others are compared with it. Any other one that
    diverges or needs more memory than there is counts as pruned.

    Raises:
        TrainingError: a default recipe cannot be trained, or none could.
    """
    pair, recipe = space.read(trial.params)
    is_default, epochs = DEFAULT in trial.user_attrs, list[Epoch]()
    trial.set_user_attr("pair", pair)
    trial.set_user_attr("recipe", asdict(recipe))

    def after_epoch(epoch: Epoch) -> None:
        epochs.append(epoch)
        trial.report(epoch.mrr, len(epochs))
        if not is_default and len(epochs) < recipe.epochs and trial.should_prune():
            raise TrialPruned(BELOW.format(len(epochs)))

    reason = ""
    try:
        trainer.train(
            space.pairs[pair], recipe, study.states(trial), title=f"trial {trial.number}, {pair}",
            after_epoch=after_epoch,
        )  # fmt: skip
    except TrialPruned as pruned:
        reason = str(pruned)
    except TrainingError as error:
        if is_default or error.__cause__ is None:
            raise
        reason = str(error)
    trial.set_user_attr("epochs", [asdict(epoch) for epoch in epochs])
    if reason:
        study.prune(trial, reason)
        logger.info("trial %d, %s, is pruned: %s", trial.number, pair, reason)
    else:
        best = max(epoch.mrr for epoch in epochs)
        study.complete(trial, best)
        logger.info("trial %d, %s: validation MRR %.4f", trial.number, pair, best)
