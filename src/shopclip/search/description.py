"""A picture in words: the nearest captions and the most likely attributes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopclip.search.calibration import VOTERS, frequencies, probabilities, votes
from shopclip.search.index.opened import SearchIndex
from shopclip.search.products import Value
from shopclip.search.selection import OneOf, Selection

LIKELY = 3  # values told of an attribute


@dataclass(frozen=True)
class Attribute:
    """What a picture's neighbours say of one attribute.

    Attributes:
        values: the likeliest values with their scores, in [0, 1], likeliest first.
        error: how far the first score is off on average on held-out products (expected calibration
            error); None where there were too few of them to calibrate.
    """

    name: str
    values: list[tuple[Value, float]]
    error: float | None


@dataclass(frozen=True)
class Description:
    """Captions with their cosines, nearest first, and attributes in the catalogue's order."""

    captions: list[tuple[str, float]]
    attributes: list[Attribute]


def describe_vector(vector: np.ndarray, index: SearchIndex, k: int) -> Description:
    """Describe a picture's vector, float32 (1, dimensions), with its k nearest captions."""
    similarities, numbers = index.captions.search(vector, min(k, len(index.captions)))
    valid = numbers[0] >= 0
    texts = [product.caption for product in index.texts.products(numbers[0][valid])]
    cosines = similarities[0][valid].astype(np.float64).clip(-1, 1).round(6).tolist()
    return Description(list(zip(texts, cosines, strict=True)), _attributes(vector, index))


def _attributes(vector: np.ndarray, index: SearchIndex) -> list[Attribute]:
    trained = Selection(index.products, (OneOf("split", ("train",)),))
    voters = min(VOTERS, len(index.images))
    similarities, numbers = index.images.search(vector, voters, trained)
    valid = numbers >= 0
    if not valid.any():
        return []
    attributes = []
    for name, fitted in index.facts["calibration"]["attributes"].items():
        codes, values = index.products.codes(name)
        totals = votes(
            np.where(valid, similarities, -np.inf), np.where(valid, codes[numbers], -1), len(values)
        )
        prior = frequencies(codes[trained.mask], len(values))
        scores = probabilities(totals, prior, scale=fitted["scale"], smoothing=fitted["smoothing"])[
            0
        ]
        likely = np.argsort(-scores, kind="stable")[:LIKELY]
        values_with_scores = [(values[value], round(float(scores[value]), 4)) for value in likely]
        attributes.append(Attribute(name, values_with_scores, fitted.get("error")))
    return attributes
