"""The node that writes the model card of a pair."""

from __future__ import annotations

from typing import Any

import pandas as pd


def write_model_card(
    leaderboard: pd.DataFrame,
    examples: pd.DataFrame,
    catalogue_facts: dict[str, Any],
    parameters: dict[str, Any],
    **of_pair: Any,
) -> str:
    """Markdown with YAML front matter, as the Hugging Face hub reads it.

    Args:
        of_pair: `diagnostics_`, `training_log_` and `trained_captions_` of one pair.
    """
    from shopclip.pipelines.reporting.model_card import CardEvidence, render_model_card

    kinds = ("diagnostics", "training_log", "trained_captions")
    found = {kind: data for kind in kinds for name, data in of_pair.items() if _is(kind, name)}
    pair = next(name.removeprefix("diagnostics_") for name in of_pair if _is("diagnostics", name))
    evidence = CardEvidence(
        pair=pair, leaderboard=leaderboard, examples=examples, catalogue_facts=catalogue_facts,
        parameters=parameters, **found,
    )  # fmt: skip
    return render_model_card(evidence)


def _is(kind: str, name: str) -> bool:
    return name.startswith(f"{kind}_")
