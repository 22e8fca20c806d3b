"""The table that compares the pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from shopclip.metrics.scoring import (
    CEILINGS,
    CHANCES,
    MEDIAN,
    PRIMARY,
    SCORES,
    headline_protocol,
    standing,
)


class Published(NamedTuple):
    """Percent, as printed; text and image encoder."""

    pair: str
    accuracy: str
    top100: str


PUBLISHED = (
    Published("BERT + ResNet", "0.74", "34.51"),
    Published("BERT + ViT", "0.87", "37.11"),
    Published("GPT-2 + ViT", "0.00", "0.10"),
    Published("chance", "0.0023", "0.225"),
)


class PublishedBenchmark(NamedTuple):
    """Text → image on the public benchmark, percent; recall is fractional, MRR cut at ten."""

    model: str
    avg_recall: str
    recall_at_1: str
    recall_at_10: str
    mrr: str


BENCHMARK_SOURCE = "the README of marqo-ai/marqo-FashionCLIP (its data set KAGL)"
BENCHMARK_GALLERY = 44_434
PUBLISHED_BENCHMARK = (
    PublishedBenchmark("Marqo-FashionSigLIP", "33.4", "17.9", "48.9", "29.3"),
    PublishedBenchmark("ViT-B-16-SigLIP (webli)", "31.9", "16.9", "46.8", "27.2"),
    PublishedBenchmark("Marqo-FashionCLIP", "30.3", "15.9", "44.6", "26.5"),
    PublishedBenchmark("ViT-B-16 laion2b", "29.5", "15.5", "43.5", "25.9"),
    PublishedBenchmark("FashionCLIP 2.0", "26.3", "12.2", "40.4", "21.7"),
    PublishedBenchmark("OpenFashionCLIP", "20.8", "9.1", "32.5", "17.0"),
)


COLUMNS = [
    "pair",
    "protocol",
    "direction",
    "queries",
    "gallery",
    "seeds",
    *(f"{score}{end}" for score in (*SCORES, MEDIAN) for end in ("", "_low", "_high")),
    *(f"{score}{end}" for score in SCORES for end in ("_seed_low", "_seed_high")),
    *CHANCES.values(),
    *CEILINGS.values(),
    "collapsed",
    "seen",
]
KEY = ["pair", "protocol", "direction"]


def compile_scores(metrics: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every score of every pair, a row each: `pair` and the columns of the metrics."""
    tables = [table.assign(pair=pair) for pair, table in metrics.items()]
    scores = pd.concat(tables, ignore_index=True)
    return scores[["pair", *(column for column in scores if column != "pair")]]


def compile_rows(metrics: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a pair, protocol and direction: held out before paper, then the best first.

    Only of queries whose own answer alone is right. `collapsed` is whether any run has; `seen` the
    share of held-out products whose caption the pair was trained with.
    """
    scores = compile_scores(metrics)
    own = scores[scores["answers"] == "own"].set_index([*KEY, "metric"])
    wide = {
        f"{score}{end}": own[column].xs(score, level="metric")
        for score in (*SCORES, MEDIAN)
        for column, end in _ends(score).items()
    }
    rest = own.xs(PRIMARY, level="metric")[["queries", "gallery", "seeds", "seen"]]
    collapsed = own["collapsed"].xs(PRIMARY, level="metric") > 0
    rows = pd.DataFrame(wide).join(rest).assign(collapsed=collapsed)
    rows = rows.rename(columns=_renamed()).reset_index()
    standings = [standing(row) for row in rows.to_dict("records")]
    order = sorted(range(len(rows)), key=standings.__getitem__)
    return rows.loc[order, COLUMNS].reset_index(drop=True)


def headline_rows(leaderboard: pd.DataFrame) -> pd.DataFrame:
    """The rows that count most: those of the held-out protocol where there is one."""
    protocol = headline_protocol(set(leaderboard["protocol"]))
    return leaderboard[leaderboard["protocol"] == protocol]


def _ends(score: str) -> dict[str, str]:
    interval = {"value": "", "low": "_low", "high": "_high"}
    if score == MEDIAN:
        return interval
    of_runs = {"seed_low": "_seed_low", "seed_high": "_seed_high"}
    return {**interval, **of_runs, "chance": "_chance", "ceiling": "_ceiling"}


def _renamed() -> dict[str, str]:
    chances = {f"{score}_chance": name for score, name in CHANCES.items()}
    return {**chances, **{f"{score}_ceiling": name for score, name in CEILINGS.items()}}
