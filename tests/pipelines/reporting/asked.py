"""Tables of zero-shot classification and of the public benchmark, as evaluation leaves them."""

from __future__ import annotations

from itertools import product

import pandas as pd

ACCURACIES = {"bert_resnet": 0.66, "bert_vit": 0.4, "gpt_vit": 0.1}
TASKS = ("text-image", "masterCategory", "season")
METRICS = (
    "recall_at_1",
    "recall_at_10",
    "avg_recall",
    "mrr_at_10",
    "precision_at_1",
    "precision_at_10",
)
NAMES = ["Shirts", "Caps & Hats", "other"]


def zero_shot_of(share):
    """Of two attributes, with this accuracy in the first."""
    rows = []
    for attribute, accuracy in (("gender", share), ("articleType", share / 2)):
        row = {"attribute": attribute, "protocol": "held_out", "classes": 3}
        row |= {"products": 100, "left_out": 7 if attribute == "gender" else 0}
        row |= {"accuracy": accuracy, "accuracy_low": accuracy - 0.04}
        row |= {"accuracy_high": accuracy + 0.04, "macro_f1": accuracy / 3}
        row |= {"weighted_f1": accuracy / 4, "chance_commonest": 0.45, "chance_uniform": 1 / 3}
        rows.append(row)
    return pd.DataFrame(rows)


def confusions_of(turn):
    """Three classes of ten products each, all taken for the one that is `turn` further on."""
    rows = [
        (attribute, NAMES[one], NAMES[two], 10 if (one + turn) % 3 == two else 0)
        for attribute in ("gender", "articleType")
        for one, two in product(range(3), range(3))
    ]
    return pd.DataFrame(rows, columns=["attribute", "actual", "predicted", "products"])


def benchmark_of(share, *, contaminated=False):
    """Three tasks in both galleries; recall at one is `share`, other metrics follow from it."""
    rows = []
    for gallery, task in product(("all products", "held out alone"), TASKS):
        row = {"task": task, "gallery_name": gallery, "queries": 20}
        row |= {"gallery": 1000 if gallery == "all products" else 100}
        for number, metric in enumerate(METRICS):
            row |= {metric: share / (1 + number), f"chance_{metric}": 0.0123}
        seen = 5 if contaminated and gallery == "all products" else 0
        rows.append(row | {"queries_seen": seen, "contaminated": seen > 0})
    return pd.DataFrame(rows)
