"""The table of all rows that record.py has left, as docs/results/record.md has it.

    python benchmarks/record_table.py

It writes docs/results/record.md, docs/images/record_galleries.png, benchmarks/results/record.json.
The way to the record is the chain of rows that were each better than the one before in both
galleries. All others are levers that did not enter, and screens.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from record import DECIDES, PRIMARY, ROWS, read_rows
from record_track import METRICS
from record_training import ROOT
from shopclip.figures.style import MARKERS, ON_LIGHT

PAGE = ROOT / "docs/results/record.md"
PICTURE = ROOT / "docs/images/record_galleries.png"
RESULTS = ROOT / "benchmarks/results/record.json"

Row = dict[str, Any]

HEAD = """# The record: one pair, the public benchmark, two CPU cores

Text → image over the public benchmark's {queries:,} captions that have an answer in the
catalogue. Its captions, its ids and every product that shares a caption with them are trained on
by nobody. There are two galleries: **all** products, as others publish it, after training on every
other one; and **unseen**, after training on one half of the others, the products of the benchmark
among those of the other half. A number of the first alone can be bought by memorizing.

A row is one command of `benchmarks/record.py`. It is tested against the row before it by a
paired permutation test of MRR@10 over the queries, and enters if it is better in both galleries.
What falls short stands below, with its figures. Minutes are those of training on the larger set,
a model a core: the other core of two is idle, or trains another member of an ensemble. Every file
lies in `benchmarks/results/record`.
"""
TITLES = (
    "row",
    "what it changes",
    *("R@1", "R@10", "MRR@10", "MAP@10", "unseen R@1", "unseen R@10", "minutes", "parameters"),
    "MRR@10 against the row before, in points: all; unseen",
)
COLUMNS = "| " + " | ".join(TITLES) + " |\n|" + "|".join(["---"] * 2 + ["--:"] * 8 + ["---"]) + "|"


def chain(rows: dict[str, Row], last: str) -> list[Row]:
    """The rows from the first one to this one, each tested against the one before."""
    found = [rows[last]]
    while (before := found[-1]["against"]) is not None:
        found.append(rows[before])
    return found[::-1]


def enters(row: Row) -> bool:
    """Whether it is better than the row before in both galleries."""
    tests = [one.get("against") for one in row["tracks"].values()]
    return len(tests) == len(DECIDES) and all(test and test["low"] > 0 for test in tests)


def best(rows: dict[str, Row]) -> str:
    """The row that the longest chain of rows that entered ends in."""

    def length(row: Row) -> int:
        if row["against"] is None:
            return 1
        return 1 + length(rows[row["against"]]) if enters(row) else 0

    complete = [name for name, row in rows.items() if len(row["tracks"]) == len(DECIDES)]
    return max(complete, key=lambda name: (length(rows[name]), name))


def score(row: Row, track: str, metric: str) -> float | None:
    result = row["tracks"].get(track)
    return result and result["galleries"][DECIDES[track]][metric]["mean"]


def line(row: Row) -> str:
    def shown(value: float | None) -> str:
        return "" if value is None else f"{value:.3f}".removeprefix("0")

    every = [shown(score(row, "full", metric)) for metric in METRICS]
    unseen = [shown(score(row, "half", metric)) for metric in METRICS[:2]]
    timed = row["tracks"].get("full") or row["tracks"]["half"]
    tests = "; ".join(
        f"{100 * test['difference']:+.1f} ({100 * test['low']:+.1f} to {100 * test['high']:+.1f})"
        for name in DECIDES
        if (test := row["tracks"].get(name, {}).get("against"))
    )
    size = f"{timed['parameters'] / 1e6:.1f} M"
    cells = [row["name"], row["change"], *every, *unseen, f"{timed['minutes']:.1f}", size, tests]
    return "| " + " | ".join(cells) + " |"


def commands(rows: Sequence[Row]) -> str:
    return "```bash\n" + "\n".join(row["command"] for row in rows) + "\n```"


def page(rows: dict[str, Row], last: str) -> str:
    way = chain(rows, last)
    others = [row for row in rows.values() if row not in way]
    full = [row for row in others if "full" in row["tracks"]]
    screens = [row for row in others if "full" not in row["tracks"]]
    parts = [
        HEAD.format(queries=len(way[0]["tracks"]["full"]["queries"][PRIMARY])),
        "## The way to the record\n",
        "\n".join([COLUMNS, *map(line, way)]),
        "\n![Recall@10 by the size of the gallery](../images/record_galleries.png)\n",
        commands(way),
    ]
    if full:
        parts += ["\n## Other rows\n", "\n".join([COLUMNS, *map(line, full)]), "", commands(full)]
    if screens:
        note = "On the half track alone (`--tracks half`)."
        screens.sort(key=lambda row: -(score(row, "half", "recall_at_10") or 0))
        table = "\n".join([COLUMNS, *map(line, screens)])
        parts += ["\n## Screens\n", note, "", table, "", commands(screens)]
    return "\n".join(parts) + "\n"


def draw(rows: Sequence[Row], file: Path) -> None:
    """Recall@10 by the number of pictures that nobody was trained on."""
    figure, axes = plt.subplots(figsize=(6.4, 3.4), dpi=160, layout="constrained")
    for number, row in enumerate(rows):
        galleries = row["tracks"]["half"]["galleries"]
        points = sorted(
            (one["size"], *(one["recall_at_10"][key] for key in ("mean", "low", "high")))
            for name, one in galleries.items()
            if name != "all"
        )
        sizes, means, lows, highs = zip(*points, strict=True)
        style = {"color": ON_LIGHT[number % len(ON_LIGHT)], "label": row["name"]}
        axes.plot(sizes, means, marker=MARKERS[number % len(MARKERS)], markersize=4, **style)
        axes.fill_between(sizes, lows, highs, color=style["color"], alpha=0.15, linewidth=0)
    axes.set_xlabel("pictures in the gallery, none of them trained on")
    axes.set_title("Recall@10, text → image, with 95 % intervals", loc="left")
    axes.set_ylim(0)
    axes.grid(axis="y", linewidth=0.5, alpha=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(file)


def summary(rows: dict[str, Row], last: str) -> Row:
    """The record as one object; shares from 0 to 1."""

    def of(row: Row) -> Row:
        full = row["tracks"]["full"]
        scores = {metric: score(row, "full", metric) for metric in METRICS}
        return {
            "row": row["name"],
            "pair": row["pair"],
            **scores,
            "unseen_recall_at_10": score(row, "half", "recall_at_10"),
            "minutes": full["minutes"],
            "parameters": full["parameters"],
        }

    whole = [row for row in rows.values() if "full" in row["tracks"]]
    fast = [
        row["tracks"]["full"]["minutes"]
        for row in whole
        if (score(row, "full", "recall_at_10") or 0) >= 0.310
    ]
    papers: Row = {}
    for row in whole:
        own = row["tracks"]["full"]["paper"]
        if own["accuracy"] > papers.get(row["pair"], {"accuracy": -1})["accuracy"]:
            papers[row["pair"]] = {"row": row["name"], **own}
    return {"small": of(rows[last]), "minutes_to_310": min(fast, default=None), "paper": papers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--last", help="the row that the record ends in; the best by default")
    options = parser.parse_args()
    rows = read_rows(options.rows)
    last = options.last or best(rows)
    PAGE.write_text(page(rows, last), "utf-8")
    RESULTS.write_text(json.dumps(summary(rows, last), indent=1) + "\n", "utf-8")
    draw(chain(rows, last), PICTURE)
    print(f"the record is {last}: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
