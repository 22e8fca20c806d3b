"""What a run prints: its progress, and the leaderboard at its end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.framework.hooks import hook_impl

from shopclip.metrics.collapse import explain
from shopclip.metrics.scoring import ACCURACY, CEILINGS, CHANCES, NAMES, PRIMARY, TOP10, TOP100

logger = logging.getLogger(__name__)


class ProgressHook:
    """Counts the nodes of a run; Kedro's own lines name no pair and are a screen wide."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Any) -> None:
        self._started, self._nodes = 0, len(pipeline.nodes)

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        self._started += 1
        logger.info("%*d/%d %s", len(str(self._nodes)), self._started, self._nodes, node.name)


MARK = "✗"
COLUMNS = {ACCURACY: "first", **{score: NAMES[score] for score in (TOP10, TOP100, PRIMARY)}}


class LeaderboardHook:
    """Prints the leaderboard of a run that made one."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._project_path = Path(context.project_path)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Any, catalog: Any) -> None:
        if "leaderboard" not in pipeline.all_outputs():
            return
        from rich.console import Console

        console = Console()
        leaderboard = catalog.load("leaderboard")
        for table in leaderboard_tables(leaderboard):
            console.print(table)
        collapsed = sorted(leaderboard.loc[leaderboard["collapsed"], "pair"].unique())
        names = {pair: f"results_{pair}" for pair in collapsed}
        diagnostics = {
            pair: catalog.load(name)["diagnostics"]
            for pair, name in names.items()
            if catalog.exists(name)
        }
        for line in collapse_lines(diagnostics):
            console.print(line, markup=False, highlight=False)
        report = Path(catalog["report"]._describe()["filepath"])
        if report.is_relative_to(self._project_path):
            report = report.relative_to(self._project_path)
        console.print(f"Report: [bold]{report}[/bold]    Runs side by side: mlflow ui")


def leaderboard_tables(leaderboard: pd.DataFrame) -> list[Any]:
    """A rich table for each protocol, the interval beside the deciding MRR@10; 80 columns wide."""
    from rich.table import Table

    tables = []
    for protocol, rows in leaderboard.groupby("protocol", sort=False):
        first = rows.iloc[0]
        title = f"{protocol}: {first['queries']:,} queries, gallery of {first['gallery']:,}, in %"
        caption = f"{MARK} collapsed: the report says why" if rows["collapsed"].any() else None
        table = Table(title=title, title_justify="left", caption=caption)
        for heading in ("pair", "direction"):
            table.add_column(heading, no_wrap=True)
        for heading in COLUMNS.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for _, row in rows.iterrows():
            pair = f"{row['pair']} {MARK}" if row["collapsed"] else row["pair"]
            low, high = _percent(row[f"{PRIMARY}_low"]), _percent(row[f"{PRIMARY}_high"])
            table.add_row(
                pair,
                row["direction"].replace("_to_", " → "),
                *(_percent(row[score]) for score in COLUMNS if score != PRIMARY),
                f"{_percent(row[PRIMARY])} ({low}–{high})",
            )
        for name, bounds in {"chance": CHANCES, "best possible": CEILINGS}.items():
            ends = (first[bounds[score]] for score in COLUMNS)
            table.add_row(name, "", *(f"{100 * end:.2f}" for end in ends), style="dim")
        tables.append(table)
    return tables


def collapse_lines(diagnostics: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What was seen of each collapsed pair, by the pair's name."""
    return [
        f"{MARK} {pair}: {'; '.join(explain(signs).seen)}" for pair, signs in diagnostics.items()
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
