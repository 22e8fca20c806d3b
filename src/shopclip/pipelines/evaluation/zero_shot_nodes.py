"""The node that lets a pair classify products that it has no class names for but words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.protocols import headline
from shopclip.pipelines.evaluation.zero_shot import (
    class_embeddings,
    confusion,
    nearest_classes,
    score_classes,
)
from shopclip.queries import asked_for, classes, values, zero_shot_task

SCORES = [
    "attribute", "protocol", "classes", "products", "left_out", "accuracy", "accuracy_low",
    "accuracy_high", "macro_f1", "weighted_f1", "chance_commonest", "chance_uniform",
]  # fmt: skip
CONFUSIONS = ["attribute", "actual", "predicted", "products"]


def classify(
    image_embeddings: np.ndarray,
    query_embeddings: np.ndarray,
    queries: pd.DataFrame,
    examples: pd.DataFrame,
    parameters: EvaluationParameters,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Classify held-out products, or all where none are held out, by every configured attribute.

    Returns:
        A row an attribute (`SCORES`), in which `left_out` products have no value; and the confusion
        matrix of each one's commonest classes, a row a cell (`CONFUSIONS`).

    Raises:
        QueriesError: the queries were collected for other templates or another catalogue.
    """
    found = [
        _classify_by(attribute, image_embeddings, query_embeddings, queries, examples, parameters)
        for attribute in parameters.zero_shot
    ]
    matrices = [matrix for _, matrix in found if len(matrix)]
    scores = pd.DataFrame([score for score, _ in found], columns=SCORES)
    if not matrices:
        return scores, pd.DataFrame(columns=CONFUSIONS)
    return scores, pd.concat(matrices, ignore_index=True)[CONFUSIONS]


def _classify_by(
    attribute: str,
    image_embeddings: np.ndarray,
    query_embeddings: np.ndarray,
    queries: pd.DataFrame,
    examples: pd.DataFrame,
    parameters: EvaluationParameters,
) -> tuple[dict[str, Any], pd.DataFrame]:
    protocol, members = headline(examples)
    labels = classes(examples, attribute)
    asked = asked_for(queries, zero_shot_task(attribute), labels)
    names, embeddings = class_embeddings(query_embeddings[asked.index], asked["label"])
    products = examples.iloc[members][values(examples, attribute).iloc[members].notna()]
    actual = values(products, attribute).to_numpy(object)
    places = examples.index.get_indexer(products.index)
    predicted = np.array(names, dtype=object)[nearest_classes(image_embeddings[places], embeddings)]
    clusters = products["caption_id"].to_numpy()
    score = {
        "attribute": attribute, "protocol": protocol, "classes": len(labels),
        "products": len(products), "left_out": len(members) - len(products),
        **score_classes(actual, predicted, clusters, len(labels), parameters),
    }  # fmt: skip
    matrix = confusion(actual, predicted) if len(products) else pd.DataFrame()
    return score, matrix.assign(attribute=attribute)
