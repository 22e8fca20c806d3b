"""MRR@10 of every pair."""

from __future__ import annotations

import pandas as pd

from shopclip.figures.chart import Chart
from shopclip.figures.intervals import (
    VALUES,
    NameColumn,
    draw_bounds,
    draw_estimate,
    percent_axis,
)
from shopclip.figures.labels import LINE
from shopclip.figures.palette import colour_numbers
from shopclip.figures.sheet import Sheet
from shopclip.scoring import CEILINGS, CHANCES, DIRECTIONS, PRIMARY


def leaderboard_chart(rows: pd.DataFrame) -> Chart:
    """A panel a direction, a line a pair, chance and the best possible as ticks.

    Args:
        rows: of the leaderboard, of one protocol.
    """
    first, protocol = rows.iloc[0], rows["protocol"].iloc[0].replace("_", " ")
    return Chart(
        name="leaderboard",
        title=f"MRR@10, {protocol}, in %",
        subtitle=f"{first['queries']:,} queries, gallery of {first['gallery']:,}; 100: the right "
        "answer is always first; grey ticks: chance and best possible",
        words=f"MRR@10 of every pair with its interval; the numbers stand in the table of the "
        f"{protocol} protocol.",
        draw=lambda sheet: _draw(sheet, rows),
    )


def _draw(sheet: Sheet, rows: pd.DataFrame) -> None:
    shown = {
        str(row["pair"]): f"{row['pair']} (collapsed)" if row["collapsed"] else str(row["pair"])
        for _, row in rows.drop_duplicates("pair").iterrows()
    }
    names, numbers = NameColumn(shown.values()), colour_numbers(shown)
    pitch = max(0.32, max(names.lines(name) for name in shown.values()) * LINE + 0.08)
    height = pitch * len(shown)
    reach = max(rows[f"{PRIMARY}_high"].max(), rows[CEILINGS[PRIMARY]].max())
    panels = sheet.panels(len(DIRECTIONS), least=3.0, height=height, left=names.width, right=VALUES)
    for axes, (direction, title) in zip(panels, DIRECTIONS.items(), strict=True):
        percent_axis(axes, reach, height)
        axes.set_title(title)
        of_direction = rows[rows["direction"] == direction].set_index("pair").to_dict("index")
        for place, (pair, name) in enumerate(shown.items()):
            row, middle = of_direction[pair], (place + 0.5) * pitch
            draw_bounds(axes, (row[CHANCES[PRIMARY]], row[CEILINGS[PRIMARY]]), middle, size=13)
            ends = (row[f"{PRIMARY}_low"], row[PRIMARY], row[f"{PRIMARY}_high"])
            draw_estimate(
                axes, middle, ends, number=numbers[pair], of=f"{pair}, {title}",
                hollow=bool(row["collapsed"]),
            )  # fmt: skip
            names.write(axes, name, middle)
