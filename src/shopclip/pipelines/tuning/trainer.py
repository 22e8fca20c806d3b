"""A trial, and the training that all trials of a tuning share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock
from optuna.exceptions import TrialPruned
from optuna.trial import Trial
from pydantic import TypeAdapter

from shopclip.dualencoder import (
    CheckpointManager,
    DualEncoder,
    Epoch,
    Examples,
    Recipe,
    TrainingError,
    TrainingLog,
    choose_device,
    fingerprint,
    fit,
)
from shopclip.files.image_store import ImageStore
from shopclip.parameters import CaptionParameters, ImageParameters, Pair, TrainingParameters
from shopclip.parameters.pairs import build_towers
from shopclip.pipelines.tuning.space import Space, TuningError
from shopclip.pipelines.tuning.study import DEFAULT, SharedStudy
from shopclip.tables.training_examples import training_examples, validation_examples

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
            space.pairs[pair],
            recipe,
            study.states(trial),
            title=f"trial {trial.number}, {pair}",
            after_epoch=after_epoch,
        )
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


REMEDY = (
    "keep some captions for it, and split again: kedro run --pipelines preprocessing,tuning "
    "--params splits.{split}={share}"
)


@dataclass(frozen=True)
class Trainer:
    """Trains pairs on the examples of the split `train`, to be chosen by those of `validation`."""

    training: Examples
    validation: Examples
    parameters: TrainingParameters
    images: ImageParameters

    @classmethod
    def of(
        cls,
        examples: pd.DataFrame,
        image_store: ImageStore,
        parameters: TrainingParameters,
        images: ImageParameters,
        captions: CaptionParameters,
    ) -> Trainer:
        """Split the examples.

        Raises:
            TuningError: there are fewer than two to choose by, or to compare by at the end.
        """
        for split, purpose, share in (
            ("validation", "tuning chooses recipes", 0.05),
            ("held_out", "tuning compares the best recipe with the default one", 0.1),
        ):
            if (count := int((examples["split"] == split).sum())) < 2:
                raise TuningError(
                    f"{purpose} by examples of the split {split}, of which there are {count}; "
                    + REMEDY.format(split=split, share=share)
                )
        validation = validation_examples(examples, image_store)
        assert validation is not None
        training = training_examples(examples, image_store, captions, parameters.seed)
        return cls(training, validation, parameters, images)

    def train(
        self,
        pair: Pair,
        recipe: Recipe,
        states: Path,
        *,
        title: str,
        after_epoch: Callable[[Epoch], None] = lambda _: None,
    ) -> tuple[DualEncoder, TrainingLog]:
        """Train a pair by a recipe, or resume that, or find it done.

        Args:
            states: folder from which a training resumes.
            title: of the progress bar.
            after_epoch: called after every epoch; what it raises ends the training.
        """
        changed = pair.model_copy(update={"recipe": asdict(recipe)})
        model = build_towers(changed, self.training, self.parameters, self.images)
        log = fit(
            model,
            self.training,
            recipe,
            seed=self.parameters.seed + pair.seed,
            device=choose_device(self.parameters.device),
            validation=self.validation,
            checkpoint_manager=CheckpointManager(states, seconds=self.parameters.state_seconds),
            cache=Path(self.parameters.encoder_features),
            title=title,
            after_epoch=after_epoch,
        )
        return model, log

    def restore(
        self, trials: Sequence[Mapping[str, Any]], pairs: Mapping[str, Any], studies: Path
    ) -> list[DualEncoder]:
        """The models that trials ended with; one that is gone is trained again.

        Args:
            trials: each with its `pair`, `recipe`, `number` and `states`, a folder in `studies`.
        """
        models = []
        for trial in trials:
            pair, states = Pair.model_validate(pairs[trial["pair"]]), studies / trial["states"]
            with FileLock(states.with_suffix(".lock")):  # another process may look at it as well
                recipe = TypeAdapter(Recipe).validate_python(trial["recipe"])
                model, _ = self.train(pair, recipe, states, title=f"trial {trial['number']}")
            models.append(model)
        return models

    def fingerprint(self) -> str:
        """A name for the data, and for how the towers see them."""
        data = [fingerprint.of_examples(one) for one in (self.training, self.validation)]
        return fingerprint.of(data, self.images.size.pixels)
