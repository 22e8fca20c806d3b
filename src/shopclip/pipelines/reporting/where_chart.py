"""Where the pairs find the right answer: the charts of top-10 accuracy by group of products."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shopclip.pipelines.reporting.charts import Tick, round_ticks
from shopclip.pipelines.reporting.leaderboard import headline_rows
from shopclip.scoring import CHANCES, DIRECTIONS, TOP10

TITLES = {"caption_frequency": "by how many products bear the caption"}


@dataclass(frozen=True)
class Group:
    """Products that belong together, and the row of each pair that was asked for them."""

    name: str
    queries: int
    rows: list[dict[Hashable, Any]]


@dataclass(frozen=True)
class WhereChart:
    """Groups by direction, and where an axis of `limit` puts an accuracy, in percent of it."""

    by: str
    title: str
    protocol: str
    chance: float
    limit: float
    ticks: list[Tick]
    panels: dict[str, list[Group]]

    def at(self, value: float) -> float:
        return round(100 * min(value, self.limit) / self.limit, 3)


def where_charts(
    breakdowns: Mapping[str, pd.DataFrame], leaderboard: pd.DataFrame
) -> list[WhereChart]:
    """A chart for each way to group the products, all with one axis; pairs by their names."""
    tables = [breakdowns[pair].assign(pair=pair) for pair in sorted(breakdowns)]
    rows, first = pd.concat(tables, ignore_index=True), headline_rows(leaderboard).iloc[0]
    chance = float(first[CHANCES[TOP10]])
    values = [v for v in round_ticks(0, max(rows["high"].max(), chance), 4) if v <= 1]
    ticks = [Tick(round(100 * v / values[-1], 3), f"{100 * v:g}") for v in values]
    charts = []
    for by in rows["by"].unique():
        of = rows[rows["by"] == by]
        panels = {
            title: _groups(of[of["direction"] == direction])
            for direction, title in DIRECTIONS.items()
        }
        title = TITLES.get(by, f"by {by}")
        charts.append(WhereChart(by, title, first["protocol"], chance, values[-1], ticks, panels))
    return charts


def _groups(rows: pd.DataFrame) -> list[Group]:
    return [
        Group(str(name), int(of["queries"].iloc[0]), of.to_dict("records"))
        for name, of in rows.groupby("group", sort=False)
    ]
