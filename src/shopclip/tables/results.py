"""The results of a pair: all that reporting needs of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Results(Mapping[str, Any]):
    """Tables and diagnostics of one pair by name.

    Attributes:
        pair: its name.
        tables: a DataFrame, or a mapping of JSON values, by name; may read them when asked.

    Example:
        >>> Results("bert_vit", {"diagnostics": {"collapsed": False}})["diagnostics"]
        {'collapsed': False}
    """

    pair: str
    tables: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def runs(self, name: str) -> list[pd.DataFrame]:
        """A table with a column `seed` as one table a run, the first seed's first."""
        by_seed = self[name].groupby("seed", sort=True)
        return [run.drop(columns="seed").reset_index(drop=True) for _, run in by_seed]


def by_pair(results: tuple[Results, ...], name: str) -> dict[str, Any]:
    """One table of every pair by the pair's name."""
    return {of_pair.pair: of_pair[name] for of_pair in results}
