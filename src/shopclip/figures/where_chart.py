"""MRR@10 of the pairs by group of products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from shopclip.figures.chart import Chart, Sheet, pair_keys
from shopclip.figures.labels import LINE
from shopclip.figures.leaderboard_chart import (
    NameColumn,
    direction_panels,
    draw_bounds,
    draw_estimate,
)
from shopclip.figures.style import QUIET, SMALL, color_numbers
from shopclip.metrics.scoring import NAMES, PRIMARY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FREQUENCY = "caption_frequency"
TITLES = {FREQUENCY: "by how many products bear the caption"}
PITCH, GAP = 0.17, 0.14  # inches, of the pairs of a group and between groups


def where_charts(
    breakdowns: Mapping[str, pd.DataFrame], *, protocol: str, chance: float
) -> list[Chart]:
    """A chart for each way to group the products, all with one axis; pairs by their names.

    Args:
        breakdowns: of every pair by its name.
        chance: the score of towers that see nothing.
    """
    tables = [breakdowns[pair].assign(pair=pair) for pair in sorted(breakdowns)]
    rows = pd.concat(tables, ignore_index=True).astype({"group": str})
    reach = max(rows["high"].max(), chance)
    return [
        _chart(str(by), of, protocol=protocol.replace("_", " "), chance=chance, reach=reach)
        for by, of in rows.groupby("by", sort=False)
    ]


def _chart(by: str, rows: pd.DataFrame, *, protocol: str, chance: float, reach: float) -> Chart:
    title = f"{NAMES[PRIMARY]} {TITLES.get(by, f'by {by}')}, {protocol}, in %"
    return Chart(
        name=f"where-{by}",
        title=title,
        subtitle="marker and interval; grey ticks: chance",
        words=f"{title}, of every pair and group with its interval.",
        draw=lambda sheet: _draw(sheet, rows, chance, reach),
    )


def _draw(sheet: Sheet, rows: pd.DataFrame, chance: float, reach: float) -> None:
    numbers = color_numbers(rows["pair"].unique())
    shown = {group: _name(group, str(rows["by"].iloc[0])) for group in rows["group"].unique()}
    names = NameColumn([*shown.values(), "1,000 queries"])
    heights = {
        group: max(len(numbers) * PITCH, (names.lines(name) + 1) * LINE) + GAP
        for group, name in shown.items()
    }
    sheet.keys(pair_keys(numbers))
    height = sum(heights.values())
    for axes, direction, title in direction_panels(sheet, names, reach, height):
        top = 0.0
        for group, name in shown.items():
            middle = top + heights[group] / 2
            if top:
                names.rule(axes, top)
            split = middle + (names.lines(name) - 1) * LINE / 2
            names.write(axes, name, split - 0.02, va="bottom")
            chosen = rows[(rows["group"] == group) & (rows["direction"] == direction)]
            count = chosen["queries"].iloc[0]
            names.note(
                axes,
                f"{count:,} {'query' if count == 1 else 'queries'}",
                split,
                va="top",
                color=QUIET,
                size=SMALL,
            )
            _group(axes, chosen, numbers, middle, chance, f"{name}, {title}")
            top += heights[group]


def _group(
    axes: Axes,
    rows: pd.DataFrame,
    numbers: Mapping[str, int],
    middle: float,
    chance: float,
    of: str,
) -> None:
    first = middle - (len(rows) - 1) * PITCH / 2
    for index, row in enumerate(rows.to_dict("records")):
        height, pair = first + index * PITCH, str(row["pair"])
        draw_bounds(axes, [chance], height, size=8)
        draw_estimate(
            axes,
            height,
            (row["low"], row[PRIMARY], row["high"]),
            number=numbers[pair],
            of=f"{pair}, {of}",
            size=5.5,
        )


def _name(group: str, by: str) -> str:
    if by != FREQUENCY:
        return group
    return f"{group} {'product' if group == '1' else 'products'}"
