"""The last words of a run: the leaderboard, and where the report lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from kedro.framework.hooks import hook_impl

HEADINGS = {"accuracy": "accuracy", "top10_accuracy": "top 10", "top100_accuracy": "top 100"}


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
        for table in leaderboard_tables(catalog.load("leaderboard")):
            console.print(table)
        report = Path(catalog["report"]._describe()["filepath"])
        if report.is_relative_to(self._project_path):
            report = report.relative_to(self._project_path)
        console.print(f"Report: [bold]{report}[/bold]    Runs side by side: mlflow ui")


def leaderboard_tables(leaderboard: pd.DataFrame) -> list[Any]:
    """A rich table for each protocol, in percent with intervals."""
    from rich.table import Table

    tables = []
    for protocol, rows in leaderboard.groupby("protocol", sort=False):
        first = rows.iloc[0]
        title = f"{protocol}: {first['queries']:,} queries, gallery of {first['gallery']:,}, %"
        table = Table(title=title, title_justify="left")
        table.add_column("pair", no_wrap=True)
        table.add_column("direction", no_wrap=True)
        for heading in HEADINGS.values():
            table.add_column(heading, justify="right", no_wrap=True)
        for _, row in rows.iterrows():
            pair = f"{row['pair']} (collapsed)" if row["collapsed"] else row["pair"]
            cells = [_percent(row, score) for score in HEADINGS]
            table.add_row(pair, row["direction"].replace("_to_", " → "), *cells)
        chances = [first[f"chance_{score.removesuffix('_accuracy')}"] for score in HEADINGS]
        table.add_row("chance", "", *(f"{100 * chance:.2f}" for chance in chances), style="dim")
        tables.append(table)
    return tables


def _percent(row: pd.Series[Any], score: str) -> str:
    low, high = 100 * row[f"{score}_low"], 100 * row[f"{score}_high"]
    return f"{100 * row[score]:.1f} [dim]({low:.1f}–{high:.1f})[/dim]"
