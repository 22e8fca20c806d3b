"""Zero-shot classification: the class whose templates are most similar to the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from shopclip.metrics.statistics import bootstrap_means
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.protocols import headline
from shopclip.tables.queries import classes, queries_of_task, values, zero_shot_task

CHUNK = 4096  # products classified at a time; memory is CHUNK × classes floats
COMMONEST = 12  # classes of a confusion matrix
OTHER = "other"


def class_embeddings(
    embeddings: np.ndarray, labels: pd.Series[str]
) -> tuple[list[str], np.ndarray]:
    """The classes and the L2-normalised mean of each one's templates (Radford et al. 2021, 3.1.4).

    Args:
        embeddings: float (texts, embed_dim), L2-normalised.
        labels: the class of each text.

    Returns:
        Classes in the order of their first text; float32 (classes, embed_dim).
    """
    numbers, classes = pd.factorize(labels)
    sums = np.zeros((len(classes), embeddings.shape[1]))
    np.add.at(sums, numbers, embeddings)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return list(classes), (sums / np.maximum(lengths, 1e-12)).astype(np.float32)


def nearest_classes(images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The most similar class of each image, int64 (images,), the first of equals.

    So images that all are one embedding get one class, and are right no oftener than chance.
    """
    starts = range(0, len(images), CHUNK)
    chunks = [(images[start : start + CHUNK] @ classes.T).argmax(axis=1) for start in starts]
    return np.concatenate(chunks) if chunks else np.empty(0, dtype=np.int64)


def score_classes(
    actual: np.ndarray,
    predicted: np.ndarray,
    clusters: np.ndarray,
    classes: int,
    parameters: EvaluationParameters,
) -> dict[str, Any]:
    """Accuracy with its bootstrap interval, F1, and chance; not a number without any product.

    Macro F1 is the mean over classes that any product has or is given, weighted F1 that over
    products (scikit-learn's `f1_score`).

    Args:
        actual, predicted: the class of each product.
        clusters: integer (products,), the caption of each.
        classes: between how many was chosen.
    """
    from sklearn.metrics import f1_score

    names = ("accuracy", "accuracy_low", "accuracy_high", "macro_f1", "weighted_f1")
    if not len(actual):
        return dict.fromkeys((*names, "chance_commonest", "chance_uniform"), np.nan)
    right = (actual == predicted).astype(float)
    low, high = bootstrap_means(
        right[:, None], clusters, resamples=parameters.resamples, confidence=parameters.confidence
    )
    f1 = [f1_score(actual, predicted, average=a, zero_division=0) for a in ("macro", "weighted")]
    scores = map(float, (right.mean(), low[0], high[0], *f1))
    commonest = float(np.unique(actual, return_counts=True)[1].max() / len(actual))
    return {
        **dict(zip(names, scores, strict=True)),
        "chance_commonest": commonest,
        "chance_uniform": 1 / classes,
    }


def confusion(actual: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """`actual`, `predicted`, `products`, a row a cell: the commonest classes, and the rest as one.

    Classes stand by how many products have them, then by name, `other` last.
    """
    from sklearn.metrics import confusion_matrix

    names, counts = np.unique(actual[actual != OTHER], return_counts=True)
    kept = names[np.lexsort([names, -counts])][:COMMONEST]
    shown = [*kept, OTHER]
    matrix = confusion_matrix(_folded(actual, kept), _folded(predicted, kept), labels=shown)
    rows = [
        (one, two, int(products))
        for one, row in zip(shown, matrix, strict=True)
        for two, products in zip(shown, row, strict=True)
    ]
    return pd.DataFrame(rows, columns=["actual", "predicted", "products"])


def _folded(labels: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return np.where(np.isin(labels, kept), labels, OTHER)


SCORES = [
    "attribute",
    "protocol",
    "classes",
    "products",
    "left_out",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "macro_f1",
    "weighted_f1",
    "chance_commonest",
    "chance_uniform",
]
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
    results = [
        _classify_by(attribute, image_embeddings, query_embeddings, queries, examples, parameters)
        for attribute in parameters.zero_shot
    ]
    matrices = [matrix for _, matrix in results if len(matrix)]
    scores = pd.DataFrame([score for score, _ in results], columns=SCORES)
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
    texts = queries_of_task(queries, zero_shot_task(attribute), labels)
    names, embeddings = class_embeddings(query_embeddings[texts.index], texts["label"])
    products = examples.iloc[members][values(examples, attribute).iloc[members].notna()]
    actual = values(products, attribute).to_numpy(object)
    positions = examples.index.get_indexer(products.index)
    predicted = np.array(names, dtype=object)[
        nearest_classes(image_embeddings[positions], embeddings)
    ]
    clusters = products["caption_id"].to_numpy()
    score = {
        "attribute": attribute,
        "protocol": protocol,
        "classes": len(labels),
        "products": len(products),
        "left_out": len(members) - len(products),
        **score_classes(actual, predicted, clusters, len(labels), parameters),
    }
    matrix = confusion(actual, predicted) if len(products) else pd.DataFrame()
    return score, matrix.assign(attribute=attribute)
