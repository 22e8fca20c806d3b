"""The node that writes the environment `tuned`."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from shopclip.parameters import (
    CaptionParameters,
    CatalogueParameters,
    EvaluationParameters,
    ImageParameters,
    SplitParameters,
    TrainingParameters,
)
from shopclip.pipelines.tuning.environment import (
    COMMAND,
    data_text,
    is_of,
    pairs_text,
    training_text,
)
from shopclip.pipelines.tuning.verdict import comparison_lines, found_lines

logger = logging.getLogger(__name__)


def write_environment(
    tuned: dict[str, Any],
    tuned_comparison: pd.DataFrame,
    catalogue_facts: dict[str, Any],
    training: TrainingParameters,
    catalogue: CatalogueParameters,
    images: ImageParameters,
    splits: SplitParameters,
    captions: CaptionParameters,
    evaluation: EvaluationParameters,
    pairs: dict[str, Any],
) -> tuple[str, str, str]:
    """The files of the environment, and the last words of a tuning.

    Returns:
        `parameters_training.yml`, `parameters_pairs.yml` and `parameters_data.yml`.
    """
    found = found_lines(tuned)
    found += comparison_lines(tuned_comparison, confidence=evaluation.confidence)
    data = {"catalogue": catalogue, "images": images, "splits": splits, "captions": captions}
    if not is_of(catalogue, catalogue_facts):
        del data["catalogue"]
        logger.warning(
            "the products come from the catalogue %s, not from catalogue.path of this run, so "
            "conf/tuned names none: say it with --params catalogue.path=…", catalogue_facts["name"],
        )  # fmt: skip
    for line in [*found, f"to train it: {COMMAND}"]:
        logger.info("%s", line)
    return training_text(tuned, training, found), pairs_text(tuned, pairs), data_text(tuned, data)
