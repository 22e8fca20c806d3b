"""What a trained pair is worth, and how fast it was trained."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmark_scores import score_benchmark
from shopclip.dualencoder import DualEncoder, Examples, Recipe, TrainingLog
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.learner import Learner
from shopclip.files.image_store import ImageStore
from shopclip.metrics.collapse import spread
from shopclip.metrics.ranks import rank
from shopclip.tables.ground_truth import Benchmark
from training_towers import Pair

CUTOFFS = {"accuracy": 1, "top10": 10, "top100": 100}
COUNTED = 32  # examples of the batch whose operations are counted


def score(
    model: DualEncoder,
    products: pd.DataFrame,
    held_out: np.ndarray,
    store: ImageStore,
    precision: str,
    benchmark: Benchmark | None,
) -> dict[str, Any]:
    """Shares from 0 to 1, by protocol: `paper`, `held_out`, `benchmark`; and signs of collapse.

    Args:
        products: all of them, those trained on included.
        held_out: whether each was kept out of training.
    """
    with Precision(precision, model.device).autocast():
        images = model.embed_images(store.images, products["row"].to_numpy())
        texts = model.embed_captions(products["caption"].tolist())
        asked = model.embed_captions(benchmark.captions) if benchmark else None
    found: dict[str, Any] = {"paper": shares(images, texts)}
    if held_out.sum() >= 2:
        kept_images, kept_texts = images[held_out], texts[held_out]
        found["held_out"] = shares(kept_images, kept_texts)
        found["held_out_text_to_image"] = shares(kept_texts, kept_images)
    if benchmark and asked is not None:
        ids = products["id"].tolist()
        found["benchmark"] = asdict(score_benchmark(benchmark, asked, images, ids))
    spreads = {"image": spread(images), "text": spread(texts)}
    found["collapsed"] = any(one.collapsed for one in spreads.values())
    found["effective_rank"] = {name: one.effective_rank for name, one in spreads.items()}
    return found


def shares(queries: np.ndarray, gallery: np.ndarray) -> dict[str, float]:
    """Shares of queries whose own answer is first, in the top 10 and in the top 100."""
    ranks = rank(queries, gallery)
    return {"gallery": len(gallery)} | {
        name: float(ranks.hits(k).mean()) for name, k in CUTOFFS.items()
    }


def speed(
    log: TrainingLog, batch_size: int, flops: float, peak: float | None
) -> dict[str, float | None]:
    """Seconds of all epochs, and the rate of the median one, loading included.

    A run that was cut counts the seconds of the epoch in which it was cut from where it went on.

    Args:
        flops: floating point operations of an example.
        peak: those that the device does in a second; None where that is not known.
    """
    seconds = [epoch.seconds for epoch in log.epochs]
    examples = len(log.steps) / len(log.epochs) * batch_size
    rate = examples / float(np.median(seconds))
    steps = float(np.median([step.images_per_second for step in log.steps]))
    return {
        "seconds": sum(seconds),
        "images_per_second": rate,
        "images_per_second_in_steps": steps,
        "flops_an_example": flops,
        "share_of_peak": rate * flops / peak if peak else None,
        "share_of_peak_in_steps": steps * flops / peak if peak else None,
    }


def count_flops(
    pair: Pair, examples: Examples, recipe: Recipe, size: tuple[int, int], device: torch.device
) -> float:
    """Operations of training on an example, forward and backward.

    Those of matrix products, convolutions and attention, of which a multiply-add is two.
    """
    few = replace(
        recipe,
        batch_size=min(COUNTED, recipe.batch_size),
        micro_batch=None,
        compile=False,
        gradient_checkpointing=False,
    )
    learner = Learner(pair.build(examples, size).to(device), examples, few)
    number, batch = next(learner.batches(0, 1))
    with FlopCounterMode(display=False) as counter:
        learner.step(batch, number)
    return counter.get_total_flops() / len(batch)
