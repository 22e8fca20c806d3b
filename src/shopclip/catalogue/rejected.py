"""Rejected rows of a catalogue, and their greatest share."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from shopclip.catalogue.columns import CatalogueError

MAX_DETAIL = 120  # characters
MAX_REASONS = 5


class Rejected:
    """Collects rejected rows into a table with `id`, `line`, `reason` and `detail`."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, str, str]] = []

    def add(self, id_: str, line: int, reason: str, detail: str) -> None:
        self._rows.append((id_[:MAX_DETAIL], line, reason, detail[:MAX_DETAIL]))

    def table(self) -> pd.DataFrame:
        columns = ["id", "line", "reason", "detail"]
        kinds = {"id": "str", "line": "int64", "reason": "str", "detail": "str"}
        return pd.DataFrame(self._rows, columns=columns).astype(kinds)


def check_share(share: float, max_share: float, reasons: Mapping[str, int]) -> None:
    """Stop when more of a catalogue is rejected than was agreed to.

    Args:
        share: the rejected share of the rows.
        max_share: `catalogue.max_rejected`.
        reasons: how many rows were rejected for each.

    Raises:
        CatalogueError: naming the commonest reasons and the setting.
    """
    if share <= max_share or math.isclose(share, max_share):
        return
    raise CatalogueError(
        f"{share:.1%} of the catalogue is rejected, more than the {max_share:.1%} that "
        f"catalogue.max_rejected allows: {commonest(reasons)}. Fix the catalogue, or raise "
        "catalogue.max_rejected. To see each of them: kedro run --pipelines "
        "ingestion,preprocessing with catalogue.max_rejected=1, then read "
        "data/02_intermediate/rejected_products.parquet and "
        "data/05_model_input/rejected_images.parquet"
    )


def commonest(reasons: Mapping[str, int]) -> str:
    """The commonest reasons with their counts, in words."""
    ranked = sorted(reasons.items(), key=lambda item: -item[1])
    shown = [f"{count:,} × {reason}" for reason, count in ranked[:MAX_REASONS]]
    return ", ".join(shown) + (", …" if len(ranked) > MAX_REASONS else "")


def count_reasons(rejected: pd.DataFrame) -> dict[str, int]:
    """How many rows were rejected for each reason, and one of them as an example.

    Returns:
        "no image (such as 7: images/7.jpg does not exist)" → 373
    """
    counts = {}
    for reason, rows in rejected.groupby("reason", sort=False):
        first = rows.iloc[0]
        counts[f"{reason} (such as {first['id'] or 'no id'}: {first['detail']})"] = len(rows)
    return counts
