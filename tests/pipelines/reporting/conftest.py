"""A small run of three pairs: one good, one a little worse, one collapsed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shopclip.dualencoder.training_log import Epoch, Step
from shopclip.pipelines.reporting.leaderboard import compile_rows
from shopclip.pipelines.reporting.report import Evidence

TOP10 = {"bert_resnet": 0.66, "bert_vit": 0.40, "gpt_vit": 0.1}
MRR = {"bert_resnet": (0.3, 0.6, 0.5), "bert_vit": (0.2, 0.3, 0.45), "gpt_vit": (0.05, 0.05, 0.06)}
STEP, EPOCH = ([field.name for field in fields(kind)] for kind in (Step, Epoch))


def metrics_of(
    top10: float,
    *,
    margin: float = 0.05,
    collapsed: bool = False,
    protocols: tuple[str, ...] = ("paper", "held_out"),
) -> pd.DataFrame:
    """Metrics as evaluation leaves them, with a top-10 accuracy and its margin."""
    rows = []
    for protocol in protocols:
        gallery = 100 if protocol == "held_out" else 1000
        for direction, more in (("image_to_text", 0.0), ("text_to_image", 0.01)):
            row: dict[str, Any] = {"protocol": protocol, "direction": direction}
            row |= {"queries": gallery, "gallery": gallery}
            for score, share in (
                ("accuracy", 0.3),
                ("top10_accuracy", 1),
                ("top100_accuracy", 1.3),
            ):
                value = min(1.0, top10 * share + more)
                row |= {score: value, f"{score}_low": max(0.0, value - margin)}
                row |= {f"{score}_high": min(1.0, value + margin)}
            row |= {"chance_accuracy": 1 / gallery, "chance_top10": 10 / gallery}
            rows.append(row | {"chance_top100": min(1.0, 100 / gallery)})
    return pd.DataFrame(rows).assign(collapsed=collapsed)


def log_of(end: float, *, epochs: int = 3, steps: int = 10) -> pd.DataFrame:
    """A training log that falls from chance, ln 8, towards `end`."""
    if not epochs:
        return pd.DataFrame([], columns=STEP)  # without types, as the training node leaves it
    step = np.arange(epochs * steps)
    columns: dict[str, Any] = {
        "step": step,
        "epoch": step // steps,
        "loss": end + (np.log(8) - end) * np.exp(-step / 5),
        "chance_loss": np.log(8),
        "gradient_norm": 1.0,
        "learning_rate": 1e-3,
        "temperature": 0.0625,
        "images_per_second": 100.0 + step,
    }
    return pd.DataFrame(columns, columns=STEP)


def epoch_log_of(
    log: pd.DataFrame, mrr: Sequence[float] = (), *, collapsed: bool = False
) -> pd.DataFrame:
    """The epoch log to a training log, with an MRR an epoch."""
    if log.empty:
        return pd.DataFrame([], columns=EPOCH)
    by_epoch = log.groupby("epoch")
    columns: dict[str, Any] = {
        "epoch": list(by_epoch.groups),
        "step": by_epoch["step"].max().to_numpy() + 1,
        "loss": by_epoch["loss"].mean().to_numpy(),
        "chance_loss": np.log(8),
        "temperature": by_epoch["temperature"].last().to_numpy(),
        "image_mean_cosine": [0.2, 0.9, 0.999] if collapsed else [0.3, 0.1, 0.05],
        "text_mean_cosine": [0.5, 0.9, 0.98] if collapsed else [0.2, 0.06, 0.04],
        "image_effective_rank": [9.0, 2.0, 1.1] if collapsed else [12.0, 25.0, 30.25],
        "text_effective_rank": [9.0, 2.0, 1.2] if collapsed else [12.0, 25.0, 31.75],
        "hubness": [1.0, 4.0, 9.0] if collapsed else [1.0, 0.5, -0.2],
        "mrr": mrr,
        "seconds": 1.5,
    }
    return pd.DataFrame(columns, columns=EPOCH)


def diagnostics_of(log: pd.DataFrame, *, collapsed: bool) -> dict[str, Any]:
    return {
        "steps": len(log),
        "final_loss": float(log["loss"].tail(20).mean()) if len(log) else None,
        "chance_loss": float(np.log(8)) if len(log) else None,
        "image_mean_cosine": 0.999 if collapsed else 0.05,
        "text_mean_cosine": 0.98 if collapsed else 0.04,
        "image_effective_rank": 1.1 if collapsed else 30.25,
        "text_effective_rank": 1.2 if collapsed else 31.75,
        "hubness": 9.0 if collapsed else -0.2,
        "collapsed": collapsed,
    }


def retrievals_of(examples: pd.DataFrame, first: int) -> pd.DataFrame:
    """Three pictures for each of two captions; the one at `first` of the table comes first."""
    rows = []
    for query, asked in enumerate(examples.head(2).to_dict("records")):
        for place in range(3):
            shown = examples.iloc[(first + place) % len(examples)]
            hit = shown["caption_id"] == asked["caption_id"]
            rows.append((query, asked["caption"], place + 1, shown["id"], shown["row"], hit, 0.5))
    columns = ["query", "caption", "place", "id", "row", "hit", "similarity"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def metrics() -> dict[str, pd.DataFrame]:
    return {pair: metrics_of(top10, collapsed=pair == "gpt_vit") for pair, top10 in TOP10.items()}


@pytest.fixture
def make_leaderboard() -> Callable[..., pd.DataFrame]:
    """A leaderboard from the top-10 accuracy of each pair."""

    def make(top10: dict[str, float], **how: Any) -> pd.DataFrame:
        return compile_rows({pair: metrics_of(value, **how) for pair, value in top10.items()})

    return make


@pytest.fixture
def logs() -> dict[str, pd.DataFrame]:
    return {"bert_resnet": log_of(0.5), "bert_vit": log_of(0.9), "gpt_vit": log_of(np.log(8))}


@pytest.fixture
def epoch_logs(logs: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Of three epochs, of which the second is the best one of bert_resnet."""
    return {
        pair: epoch_log_of(log, MRR[pair], collapsed=pair == "gpt_vit")
        for pair, log in logs.items()
    }


@pytest.fixture
def examples() -> pd.DataFrame:
    count = 12
    return pd.DataFrame(
        {
            "id": [f"p{number}" for number in range(count)],
            "row": range(count),
            "caption_id": range(count),
            "split": ["held_out"] * 3 + ["validation"] * 2 + ["train"] * (count - 5),
            "caption": [f"Caption {number}" for number in range(count)],
        }
    )


@pytest.fixture
def parameters() -> dict[str, Any]:
    encoder = {"config": {"model_type": "bert", "hidden_size": 8}}
    return {
        "catalogue": {"path": "/home/ann smith/shops/sample"},
        "images": {"stored": {"height": 40, "width": 30}, "size": {"height": 32, "width": 24}},
        "splits": {"held_out": 0.25},
        "training": {"recipe": {"epochs": 3, "batch_size": 8}, "dimensions": 16, "seed": 7},
        "evaluation": {"confidence": 0.9},
        "pairs": {
            "bert_resnet": {"text": encoder, "image": {"name": "microsoft/resnet-50"}},
            "bert_vit": {"text": encoder, "image": encoder, "recipe": {"batch_size": 4}},
            "gpt_vit": {"text": {"name": "/models/ann/gpt2"}, "image": encoder},
        },
        "tuning": {"trials": 5},
    }


@pytest.fixture
def evidence(
    metrics: dict[str, pd.DataFrame],
    logs: dict[str, pd.DataFrame],
    epoch_logs: dict[str, pd.DataFrame],
    examples: pd.DataFrame,
    parameters: dict[str, Any],
) -> Evidence:
    pixels = np.random.default_rng(0).integers(0, 256, (len(examples), 40, 30, 3), dtype=np.uint8)
    return Evidence(
        leaderboard=compile_rows(metrics),
        training_logs=logs,
        epoch_logs=epoch_logs,
        diagnostics={
            pair: diagnostics_of(log, collapsed=pair == "gpt_vit") for pair, log in logs.items()
        },
        retrievals={pair: retrievals_of(examples, first) for first, pair in enumerate(logs)},
        examples=examples,
        images=pixels,
        rejected_products=pd.DataFrame(columns=["id", "line", "reason", "detail"]),
        rejected_images=pd.DataFrame(columns=["id", "reason", "detail"]),
        catalogue_facts={
            "name": "sample", "synthetic": False, "rows": 14, "usable": 13, "drawn": 12,
            "rejected": 1,
        },
        parameters=parameters,
    )  # fmt: skip


@pytest.fixture
def untrained(evidence: Evidence) -> Evidence:
    """The same, with a pair of zero epochs."""
    empty = log_of(0.0, epochs=0)
    return replace(
        evidence,
        training_logs={**evidence.training_logs, "bert_vit": empty},
        epoch_logs={**evidence.epoch_logs, "bert_vit": epoch_log_of(empty)},
        diagnostics={**evidence.diagnostics, "bert_vit": diagnostics_of(empty, collapsed=False)},
    )


@pytest.fixture
def unvalidated(evidence: Evidence) -> Evidence:
    """The same without validation examples."""
    examples = evidence.examples.replace({"split": {"validation": "train"}})
    return replace(evidence, examples=examples)
