"""Nodes of tuning. Torch and Optuna are imported when one runs, not when Kedro starts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from shopclip.files.image_store import ImageStore
from shopclip.parameters import (
    CaptionParameters,
    EvaluationParameters,
    ImageParameters,
    TrainingParameters,
)
from shopclip.parameters.tuning import TuningParameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure
else:
    Figure = Any  # Kedro resolves the hints of every node, and matplotlib is slow to load

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # seconds between two looks at the trials of other processes


def tune(
    examples: pd.DataFrame,
    image_store: ImageStore,
    tuning: TuningParameters,
    training: TrainingParameters,
    images: ImageParameters,
    captions: CaptionParameters,
    pairs: dict[str, Any],
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Run trials until as many are finished, by this process and any other.

    Kedro saves what is yielded as it comes, so that the tables and MLflow keep up with the trials.

    Yields:
        After every trial, the epochs of all finished ones and the trials so far.
    """
    from shopclip.pipelines.tuning.search import Search, progress
    from shopclip.pipelines.tuning.space import Space
    from shopclip.pipelines.tuning.trainer import Trainer

    space = Space.of(tuning, training, pairs)
    trainer = Trainer.of(examples, image_store, training, images, captions)
    search = Search.begin(Path(tuning.studies), tuning, space, trainer)
    with progress(search.study) as update_bar:
        while not search.study.over:
            update_bar()
            if search.run_next():
                yield search.tables()
            else:
                time.sleep(POLL_SECONDS)  # the last trials are run by other processes
        update_bar()
    yield search.tables()


def choose_best(trials: pd.DataFrame, tuning: TuningParameters) -> dict[str, Any]:
    """The best trial and the best default recipe by validation MRR, with their recipes."""
    from shopclip.pipelines.tuning.study import SharedStudy
    from shopclip.pipelines.tuning.tables import describe

    return describe(SharedStudy(Path(tuning.studies), trials["study"].iloc[0], tuning), trials)


def compare_with_default(
    tuned: dict[str, Any],
    examples: pd.DataFrame,
    image_store: ImageStore,
    tuning: TuningParameters,
    training: TrainingParameters,
    images: ImageParameters,
    captions: CaptionParameters,
    evaluation: EvaluationParameters,
    pairs: dict[str, Any],
) -> pd.DataFrame:
    """Scores of the best trial and of the best default recipe on held-out products, and tests.

    Their weights are those that the trials left; without them they are trained again.
    """
    from shopclip.pipelines.tuning.comparison import compare, held_out_scores
    from shopclip.pipelines.tuning.trainer import Trainer

    trainer = Trainer.of(examples, image_store, training, images, captions)
    models = trainer.restore([tuned["best"], tuned["default"]], pairs, Path(tuning.studies))
    best, default = (held_out_scores(model, examples, image_store) for model in models)
    queries = examples.loc[examples["split"] == "held_out", "caption_id"].to_numpy()
    return compare(best, default, queries, evaluation)


def draw_history(trials: pd.DataFrame) -> Figure:
    """Validation MRR by trial, and the best so far."""
    from shopclip.figures.tuning_charts import history_chart

    return history_chart(trials).figure()


def draw_importance(trials: pd.DataFrame, tuning: TuningParameters) -> Figure:
    """How much of the differences between trials each hyperparameter explains."""
    from shopclip.figures.tuning_charts import importance_chart
    from shopclip.pipelines.tuning.study import SharedStudy
    from shopclip.pipelines.tuning.tables import importance

    study = SharedStudy(Path(tuning.studies), trials["study"].iloc[0], tuning)
    importances = importance(study.study)
    return importance_chart(importances.shares, importances.note).figure()
