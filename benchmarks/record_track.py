"""The fixed track of the record: what is trained on, what is asked, and in which galleries.

The public benchmark's captions, ids and every product that shares a caption with them are trained
on by nobody. The other captions are parted in two halves by a hash. A pair of the track `full`
learns from both and is asked in the gallery of all products, as others publish it; a pair of the
track `half` learns from the first, and the second is what makes its gallery one of unseen products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shopclip.catalogue import open_catalogue
from shopclip.catalogue.columns import ATTRIBUTES
from shopclip.dualencoder import Examples
from shopclip.files.image_store import ImageStore
from shopclip.metrics.retrieval import measure
from shopclip.metrics.statistics import bootstrap_means
from shopclip.tables.ground_truth import Benchmark, rank_relevant
from shopclip.tables.splits import of_benchmark, split
from shopclip.tables.training_examples import label
from training_data import examples_of, join, read_products, store_images

METRICS = ("recall_at_1", "recall_at_10", "mrr_at_10", "map_at_10")
DISTRACTORS = (0, 2_500, 5_000, 10_000, 17_000)
RESAMPLES = 1_000


@dataclass(frozen=True)
class Track:
    """Products with their pictures, and the public benchmark over them.

    Attributes:
        products: `id`, `caption`, `row` (of the store), `key`, the attributes, and `part`:
            `benchmark`, `first` or `second`.
        answers: by query caption the rows of `products` that are right, at least one.
    """

    products: pd.DataFrame
    store: ImageStore
    answers: dict[str, np.ndarray]

    @classmethod
    def read(cls, catalogue: Path, benchmark: Path, store: Path) -> Track:
        """Read a catalogue and a ground truth; pictures are decoded into `store` once."""
        opened = open_catalogue(catalogue)
        products = read_products(opened)
        if not (store / "image_store.json").is_file():
            store_images(opened, products, store)
        stored = ImageStore.load(store)
        products = join(products, stored)
        table, _ = opened.rows()
        attributes = [name for name in ATTRIBUTES if name in table]
        unique = table[["id", *attributes]].drop_duplicates("id")
        products = products.merge(unique, on="id", how="left", validate="1:1")
        truth = Benchmark.read(benchmark, parameter="--benchmark")
        halves = split(products["key"], 0.5, 0.0, 0).map({"train": "first", "held_out": "second"})
        asked = of_benchmark(products["id"], products["key"], truth)
        products["part"] = halves.where(~asked, "benchmark")
        place = {id_: number for number, id_ in enumerate(products["id"])}
        answers = {
            caption: np.array([place[id_] for id_ in ids if id_ in place])
            for caption, ids in truth.relevant.items()
        }
        return cls(products, stored, {c: rows for c, rows in answers.items() if len(rows)})

    def training(self, track: str) -> pd.DataFrame:
        """The products that a pair of this track learns from: `full` or `half`."""
        parts = {"full": ["first", "second"], "half": ["first"]}[track]
        return self.products[self.products["part"].isin(parts)]

    def examples(self, track: str) -> Examples:
        """They as training sees them, with the values of their attributes as labels."""
        products = self.training(track)
        return replace(examples_of(products, self.store), labels=label(products))

    def scores(
        self, images: np.ndarray, texts: np.ndarray, gallery: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Every metric of every query.

        Args:
            images: float (products, embed_dim), L2-normalized.
            texts: float (queries, embed_dim), of `answers` in their order.
            gallery: positions of `products`; those of the benchmark are among them.
        """
        position = np.full(len(self.products), -1)
        position[gallery] = np.arange(len(gallery))
        relevant = [position[rows] for rows in self.answers.values()]
        return measure(rank_relevant(texts, images[gallery], relevant))

    def galleries(self, track: str) -> dict[str, np.ndarray]:
        """By name positions of `products`: all of them, and those that were not trained on.

        Of the track `half` also the benchmark among so many unseen distractors, drawn once.
        """
        part = self.products["part"].to_numpy()
        asked = np.flatnonzero(part == "benchmark")
        galleries = {"all": np.arange(len(part)), "held_out": asked}
        if track == "half":
            others = np.random.default_rng(0).permutation(np.flatnonzero(part == "second"))
            for count in DISTRACTORS[1:]:
                galleries[f"unseen_{count}"] = np.concatenate([asked, others[:count]])
            galleries["unseen"] = np.concatenate([asked, others])
        return galleries


def summarize(scores: dict[str, np.ndarray], metrics: Sequence[str] = METRICS) -> dict[str, Any]:
    """Means, rounded, each with the ends of its 95 % interval over queries."""
    values = np.stack([scores[name] for name in metrics], axis=1)
    queries = np.arange(len(values))
    low, high = bootstrap_means(values, queries, resamples=RESAMPLES, confidence=0.95)
    rows = zip(metrics, values.mean(axis=0), low, high, strict=True)
    return {
        name: {"mean": round(float(mean), 4), "low": round(float(a), 4), "high": round(float(b), 4)}
        for name, mean, a, b in rows
    }
