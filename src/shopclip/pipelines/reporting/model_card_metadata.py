"""The front matter of a model card, which the Hugging Face hub reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from shopclip.dualencoder.encoder_spec import Encoder
from shopclip.parameters import Pair
from shopclip.scoring import ACCURACY, DIRECTIONS, PRIMARY, SCORES

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCardData

TAGS = ["clip", "dual-encoder", "image-text-retrieval", "product-search"]


def card_metadata(name: str, pair: Pair, rows: pd.DataFrame, *, catalogue: str) -> ModelCardData:
    """What the hub finds a model by, and its scores.

    Args:
        rows: those of the pair on the leaderboard.
        catalogue: what they are of.
    """
    from huggingface_hub import ModelCardData

    bases = [base for encoder in (pair.text, pair.image) if (base := _hub_name(encoder))]
    return ModelCardData(
        library_name="shopclip",
        pipeline_tag="zero-shot-image-classification",
        tags=TAGS,
        base_model=bases or None,
        model_name=name,
        eval_results=_eval_results(rows, catalogue),
    )


def _eval_results(rows: pd.DataFrame, catalogue: str) -> list[EvalResult]:
    """The deciding score and the accuracy of each protocol and direction, shares from 0 to 1."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type=f"{row['direction'].replace('_', '-')}-retrieval",
            task_name=DIRECTIONS[row["direction"]],
            dataset_type=re.sub(r"\W+", "-", catalogue).strip("-").lower() or "catalogue",
            dataset_name=catalogue,
            dataset_config=row["protocol"],
            metric_type=score,
            metric_name=SCORES[score],
            metric_value=float(row[score]),
        )
        for row in rows.to_dict("records")
        for score in (PRIMARY, ACCURACY)
    ]


def _hub_name(encoder: Encoder) -> str | None:
    """The name of a pretrained encoder on the hub; None of one from a folder or from scratch."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    if encoder.name is None or Path(encoder.name).exists():
        return None
    try:
        validate_repo_id(encoder.name)
    except HFValidationError:
        return None
    return encoder.name
