"""What each stage would cost at a million, a hundred million and ten billion products, on paper.

    python benchmarks/scale_costs.py

Multiplies what the other benchmarks measured (benchmarks/results) by numbers of products and prints
the table of docs/scale.md. Nothing is measured here, and growth is taken to be what the code does:
linear but for `rank`, which compares all with all.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PRODUCTS = (10**6, 10**8, 10**10)
DIMENSIONS, FLOAT = 128, 4  # of an embedding; bytes
# open_clip's PRETRAINED.md: ViT-B/16 on LAION-400M, 32 epochs in 10,700 hours of an A100, which is
# 335 images a second; an H100 is taken to be 1.67 times as fast.
H100_IMAGES_PER_SECOND = 560.0
FORWARD = 1 / 3  # of a training step: the backward pass costs about two forward ones
YEAR, DAY, HOUR, MINUTE = 365.25 * 86400, 86400, 3600, 60
TIMES = (  # from how many seconds on, in which unit
    (YEAR, YEAR, "years"),
    (2 * DAY, DAY, "days"),
    (2 * HOUR, HOUR, "h"),
    (2 * MINUTE, MINUTE, "min"),
    (1, 1, "s"),
    (1e-3, 1e-3, "ms"),
    (1e-6, 1e-6, "µs"),
    (0, 1e-9, "ns"),
)
BYTES = ((1e12, 1e12, "TB"), (1e9, 1e9, "GB"), (1e6, 1e6, "MB"), (1e3, 1e3, "kB"), (0, 1, "B"))


@dataclass(frozen=True)
class Cost:
    """Of one product, in `unit` (s or B), to be multiplied by `products ** power`."""

    what: str
    each: float
    unit: str
    power: int = 1
    source: str = ""

    def at(self, products: int) -> float:
        return self.each * float(products) ** self.power


def costs(results: Path = RESULTS) -> list[Cost]:
    """Every cost that grows with the products."""
    scale, store, training, evaluation, search = (
        json.loads((results / f"{name}.json").read_text())
        for name in ("scale", "preprocessing", "training", "evaluation", "search")
    )
    vectors, vector = search["vectors"], DIMENSIONS * FLOAT
    height, width = store["stored"]
    steps = {name: found["1000000"] for name, found in scale.items() if name != "imports alone"}
    start = scale["imports alone"]["1000000"]["peak_mib"]
    peak = max(found["peak_mib"] for found in steps.values()) - start
    epoch = 1 / _small_towers(training)
    graph, flat = vectors["approximate"], vectors["exact"]
    return [
        Cost(
            "tables: all steps, one core",
            sum(found["seconds"] for found in steps.values()) / 1e6,
            "s",
            source="scale.py",
        ),
        Cost("tables: most memory", peak * 2**20 / 1e6, "B", source="scale.py"),
        Cost(
            "pictures: read, decode, store; two cores",
            1 / store["images_per_second"]["ours: catalogue → store (once)"],
            "s",
            source="preprocessing.py",
        ),
        Cost(
            "pictures: the store, on disk",
            height * width * 3,
            "B",
            source=f"{height} × {width} × 3",
        ),
        Cost("training: tokens, in memory", 64 * 8, "B", source="64 × int64"),
        Cost("training: an epoch, small towers, two cores", epoch, "s", source="training.py"),
        Cost(
            "training: an epoch, ViT-B/16, one H100",
            1 / H100_IMAGES_PER_SECOND,
            "s",
            source="derived, see below",
        ),
        Cost(
            "embedding: both towers, small, two cores",
            epoch * FORWARD,
            "s",
            source="derived: a third of an epoch",
        ),
        Cost("embedding: one tower, on disk", vector, "B", source="128 × float32"),
        Cost(
            "evaluation: `rank`, two cores",
            evaluation["both_directions_seconds"] / evaluation["products"] ** 2,
            "s",
            power=2,
            source="evaluation.py",
        ),
        Cost(
            "search: exact, one query, one core",
            flat["p50_ms"] / 1e3 / vectors["vectors"],
            "s",
            source="search.py",
        ),
        Cost(
            "search: graph, one tower, on disk",
            graph["file_mib"] * 2**20 / vectors["vectors"],
            "B",
            source="search.py",
        ),
        Cost(
            "search: graph, build, two cores",
            graph["build_seconds"] / vectors["vectors"],
            "s",
            source="search.py",
        ),
    ]


def _small_towers(training: dict[str, Any]) -> float:
    """Images a second that BERT + ResNet of the base configuration train with."""
    rows = training["rows"]["over_tutorial_loop"]
    (row,) = [row for row in rows if row["what"].startswith("bert_resnet, fp32")]
    return float(row["ours"])


def told(value: float, unit: str) -> str:
    """Three digits and the unit that suits."""
    units = BYTES if unit == "B" else TIMES
    size, name = next((size, name) for least, size, name in units if value >= least)
    return f"{_digits(value / size)} {name}"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.{1 if value >= 10 else 2}f}"


def table(found: list[Cost]) -> str:
    head = "| what | a product | 1 M | 100 M | 10 B | from |\n|---|--:|--:|--:|--:|---|"
    lines = [
        f"| {cost.what} | {told(cost.each, cost.unit)}{' × products' * (cost.power == 2)} | "
        + " | ".join(told(cost.at(products), cost.unit) for products in PRODUCTS)
        + f" | {f'`{cost.source}`' if cost.source.endswith('.py') else cost.source} |"
        for cost in found
    ]
    return "\n".join([head, *lines])


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print(table(costs()))


if __name__ == "__main__":
    main()
