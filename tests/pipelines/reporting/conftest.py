"""A small run of three pairs: one good, one a little worse, one collapsed."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from shopclip.dualencoder.training_log import Epoch, Step
from shopclip.pipelines.evaluation.scores import OWN, SAME_CAPTION
from shopclip.pipelines.reporting.comparisons import COLUMNS as COMPARISON_COLUMNS
from shopclip.pipelines.reporting.leaderboard import compile_rows, compile_scores
from shopclip.pipelines.reporting.report import Evidence
from tests.pipelines.reporting.answered import breakdown_of, hubs_of, map_of
from tests.pipelines.reporting.asked import ACCURACIES, benchmark_of, confusions_of, zero_shot_of

SCORE = {"bert_resnet": 0.66, "bert_vit": 0.40, "gpt_vit": 0.1}
SHARES = {"accuracy": 0.6, "top5_accuracy": 1.1, "top10_accuracy": 1.3, "top100_accuracy": 1.5}
HUBS = {"bert_resnet": [7.0, 4.5], "bert_vit": [9.0], "gpt_vit": []}  # captions that found each
MRR = {"bert_resnet": (0.3, 0.6, 0.5), "bert_vit": (0.2, 0.3, 0.45), "gpt_vit": (0.05, 0.05, 0.06)}
STEP, EPOCH = ([field.name for field in fields(kind)] for kind in (Step, Epoch))


def metrics_of(mrr, *, margin=0.05, collapsed=False, seen=0.0, protocols=("paper", "held_out")):
    """Metrics as evaluation leaves them, all about an MRR@10 and its margin."""
    rows = []
    for protocol in protocols:
        gallery = 100 if protocol == "held_out" else 1000
        for direction, more in (("image_to_text", 0.0), ("text_to_image", 0.01)):
            for answers, names in (("own", OWN), ("same_caption", SAME_CAPTION)):
                for metric in names:
                    value = min(1.0, mrr * SHARES.get(metric, 1.0) + more)
                    bounds = {"chance": min(1.0, 0.05 * SHARES.get(metric, 1.0)), "ceiling": 1.0}
                    row = {"low": max(0.0, value - margin), "high": min(1.0, value + margin)}
                    row |= {"value": value, **bounds}
                    if metric == "median_rank":
                        row = {"value": 3, "low": 2, "high": 4, "chance": 50.5, "ceiling": 1.0}
                    row |= {"protocol": protocol, "direction": direction, "answers": answers}
                    row |= {"seed_low": row["value"], "seed_high": row["value"], "seeds": 1}
                    rows.append({**row, "metric": metric, "queries": gallery, "gallery": gallery})
    return pd.DataFrame(rows).assign(collapsed=int(collapsed), seen=seen)


def comparisons_of(metrics):
    """Paired tests that call a pair better where its interval lies above the other one's."""
    rows = []
    leaderboard = compile_rows(metrics)
    for (protocol, direction), group in leaderboard.groupby(["protocol", "direction"]):
        for one, two in combinations(group.to_dict("records"), 2):
            better = one["mrr_at_10_low"] > two["mrr_at_10_high"]
            p_value = 0.002 if better else 0.3
            rows.append(
                {
                    "protocol": protocol,
                    "direction": direction,
                    "metric": "mrr_at_10",
                    "pair": one["pair"],
                    "other": two["pair"],
                    "difference": one["mrr_at_10"] - two["mrr_at_10"],
                    "low": 0.01,
                    "high": 0.6,
                    "p_value": p_value,
                    "adjusted_p_value": 3 * p_value,
                    "better": better,
                }
            )
    return pd.DataFrame(rows, columns=COMPARISON_COLUMNS)


def log_of(end, *, epochs=3, steps=10):
    """A training log that falls from chance, ln 8, towards `end`."""
    if not epochs:
        return pd.DataFrame([], columns=STEP)  # without types, as the training node leaves it
    step = np.arange(epochs * steps)
    columns = {
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


def epoch_log_of(log, mrr=(), *, collapsed=False):
    """The epoch log to a training log, with an MRR an epoch."""
    if log.empty:
        return pd.DataFrame([], columns=EPOCH)
    by_epoch = log.groupby("epoch")
    columns = {
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


def diagnostics_of(log, *, collapsed):
    return {
        "steps": len(log),
        "final_loss": float(log["loss"].tail(20).mean()) if len(log) else None,
        "chance_loss": float(np.log(8)) if len(log) else None,
        "image_mean_cosine": 0.999 if collapsed else 0.05,
        "text_mean_cosine": 0.98 if collapsed else 0.04,
        "image_effective_rank": 1.1 if collapsed else 30.25,
        "text_effective_rank": 1.2 if collapsed else 31.75,
        "hubness": 9.0 if collapsed else -0.2,
        "alignment": 0.25 if collapsed else 0.5,
        "image_uniformity": -0.125 if collapsed else -3.5,
        "text_uniformity": -0.25 if collapsed else -3.25,
        "modality_gap": 1.5 if collapsed else 0.375,
        "collapsed": collapsed,
    }


def retrievals_of(examples, first):
    """Three pictures for each of two captions; the one at `first` of the table comes first.

    The third caption is a miss, whose own picture stands at place 7.
    """
    rows = []
    for number, asked in enumerate(examples.head(3).to_dict("records")):
        kind, better = ("typical", 0) if number < 2 else ("miss", 6)
        for place in range(3):
            shown = examples.iloc[(first + place + 5 * (number == 2)) % len(examples)]
            hit = shown["caption_id"] == asked["caption_id"]
            row = {"query": number % 2, "asked": asked["id"], "caption": asked["caption"]}
            row |= {"place": place + 1, "id": shown["id"], "row": shown["row"], "hit": hit}
            rows.append({**row, "similarity": 0.5, "kind": kind, "better": better})
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def metrics():
    return {pair: metrics_of(mrr, collapsed=pair == "gpt_vit") for pair, mrr in SCORE.items()}


@pytest.fixture(scope="session")
def make_leaderboard():
    """A leaderboard from the MRR@10 of each pair."""

    def make(mrr, **how):
        return compile_rows({pair: metrics_of(value, **how) for pair, value in mrr.items()})

    return make


@pytest.fixture(scope="session")
def logs():
    return {"bert_resnet": log_of(0.5), "bert_vit": log_of(0.9), "gpt_vit": log_of(np.log(8))}


@pytest.fixture(scope="session")
def epoch_logs(logs):
    """Of three epochs, of which the second is the best one of bert_resnet."""
    return {
        pair: epoch_log_of(log, MRR[pair], collapsed=pair == "gpt_vit")
        for pair, log in logs.items()
    }


@pytest.fixture(scope="session")
def examples():
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


@pytest.fixture(scope="session")
def parameters():
    encoder = {"config": {"model_type": "bert", "hidden_size": 8}}
    return {
        "catalogue": {"path": "/home/ann smith/shops/sample"},
        "images": {"stored": {"height": 40, "width": 30}, "size": {"height": 32, "width": 24}},
        "splits": {"held_out": 0.25},
        "training": {"recipe": {"epochs": 3, "batch_size": 8}, "embed_dim": 16, "seed": 7},
        "evaluation": {"confidence": 0.9},
        "pairs": {
            "bert_resnet": {"text": encoder, "image": {"name": "microsoft/resnet-50"}},
            "bert_vit": {"text": encoder, "image": encoder, "recipe": {"batch_size": 4}},
            "gpt_vit": {"text": {"name": "/models/ann/gpt2"}, "image": encoder},
        },
        "tuning": {"trials": 5},
    }


TOWERS = {
    "embed_dim": 16,
    "text": {"kind": "bert", "pooling": "cls", "max_tokens": 64, "parameters": 1000},
    "image": {
        "kind": "resnet",
        "pooling": "mean",
        "height": 32,
        "width": 24,
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "parameters": 2000,
    },
}


@pytest.fixture(scope="session")
def evidence(metrics, logs, epoch_logs, examples, parameters):
    pixels = np.random.default_rng(0).integers(0, 256, (len(examples), 40, 30, 3), dtype=np.uint8)
    return Evidence(
        leaderboard=compile_rows(metrics),
        scores=compile_scores(metrics),
        comparisons=comparisons_of(metrics),
        towers=dict.fromkeys(logs, TOWERS),
        training_logs=logs,
        epoch_logs=epoch_logs,
        diagnostics={
            pair: diagnostics_of(log, collapsed=pair == "gpt_vit") for pair, log in logs.items()
        },
        retrievals={pair: retrievals_of(examples, first) for first, pair in enumerate(logs)},
        zero_shots={pair: zero_shot_of(share) for pair, share in ACCURACIES.items()},
        confusions={pair: confusions_of(turn) for turn, pair in enumerate(ACCURACIES)},
        benchmarks={pair: benchmark_of(share) for pair, share in ACCURACIES.items()},
        maps={pair: map_of(seed) for seed, pair in enumerate(logs)},
        breakdowns={pair: breakdown_of(share) for pair, share in ACCURACIES.items()},
        hubs={pair: hubs_of(examples, found) for pair, found in HUBS.items()},
        examples=examples,
        images=pixels,
        rejected_products=pd.DataFrame(columns=["id", "line", "reason", "detail"]),
        rejected_images=pd.DataFrame(columns=["id", "reason", "detail"]),
        catalogue_facts={
            "name": "sample",
            "synthetic": False,
            "rows": 14,
            "usable": 13,
            "drawn": 12,
            "rejected": 1,
        },
        parameters=parameters,
    )


@pytest.fixture(scope="session")
def untrained(evidence):
    """The same, with a pair of zero epochs."""
    empty = log_of(0.0, epochs=0)
    return replace(
        evidence,
        training_logs={**evidence.training_logs, "bert_vit": empty},
        epoch_logs={**evidence.epoch_logs, "bert_vit": epoch_log_of(empty)},
        diagnostics={**evidence.diagnostics, "bert_vit": diagnostics_of(empty, collapsed=False)},
    )


@pytest.fixture(scope="session")
def unvalidated(evidence):
    """The same without validation examples."""
    examples = evidence.examples.replace({"split": {"validation": "train"}})
    return replace(evidence, examples=examples)
