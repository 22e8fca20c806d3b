"""What every trial of a tuning has in common: examples, and how a pair is trained on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock
from pydantic import TypeAdapter

from shopclip.dualencoder import (
    DualEncoder,
    Epoch,
    Examples,
    Recipe,
    Resumption,
    TrainingLog,
    choose_device,
    fingerprint,
    fit,
)
from shopclip.dualencoder.image_store import ImageStore
from shopclip.parameters import CaptionParameters, ImageParameters, Pair, TrainingParameters
from shopclip.pipelines.tuning.errors import TuningError
from shopclip.training_examples import training_examples, validation_examples
from shopclip.untrained import build_towers

REMEDY = (
    "keep some captions for it, and split again: kedro run --pipelines preprocessing,tuning "
    "--params splits.{split}={share}"
)


@dataclass(frozen=True)
class Trainer:
    """Trains pairs on the examples of the split `train`, to be chosen by those of `validation`.

    Attributes:
        features: folder for what frozen encoders say, which trials share.
    """

    training: Examples
    validation: Examples
    parameters: TrainingParameters
    images: ImageParameters
    features: Path

    @classmethod
    def of(
        cls,
        examples: pd.DataFrame,
        image_store: ImageStore,
        features: Path,
        parameters: TrainingParameters,
        images: ImageParameters,
        captions: CaptionParameters,
    ) -> Trainer:
        """Set the examples apart.

        Raises:
            TuningError: there are fewer than two to choose by, or to compare by at the end.
        """
        for split, purpose, share in (
            ("validation", "tuning chooses recipes", 0.05),
            ("held_out", "tuning compares the best recipe with the default one", 0.1),
        ):
            if (found := int((examples["split"] == split).sum())) < 2:
                raise TuningError(
                    f"{purpose} by examples of the split {split}, of which there are {found}; "
                    + REMEDY.format(split=split, share=share)
                )
        validation = validation_examples(examples, image_store)
        assert validation is not None
        training = training_examples(examples, image_store, captions, parameters.seed)
        return cls(training, validation, parameters, images, features)

    def train(
        self,
        pair: Pair,
        recipe: Recipe,
        states: Path,
        *,
        title: str,
        after_epoch: Callable[[Epoch], None] = lambda _: None,
    ) -> tuple[DualEncoder, TrainingLog]:
        """Train a pair by a recipe, or go on with that, or find it done.

        Args:
            states: folder from which a training goes on.
            title: of the progress bar.
            after_epoch: told of every epoch; what it raises ends the training.
        """
        changed = pair.model_copy(update={"recipe": asdict(recipe)})
        model = build_towers(changed, self.training, self.parameters, self.images)
        log = fit(
            model, self.training, recipe, seed=self.parameters.seed + pair.seed,
            device=choose_device(self.parameters.device), validation=self.validation,
            resumption=Resumption(states, seconds=self.parameters.state_seconds),
            cache=self.features, title=title, after_epoch=after_epoch,
        )  # fmt: skip
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
