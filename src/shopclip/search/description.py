"""A picture in words: the nearest captions and the most likely attributes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopclip.search.calibration import VOTERS, chances, frequencies, votes
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
    found = numbers[0] >= 0
    texts = [product.caption for product in index.texts.products(numbers[0][found])]
    cosines = similarities[0][found].astype(np.float64).clip(-1, 1).round(6).tolist()
    return Description(list(zip(texts, cosines, strict=True)), _attributes(vector, index))


def _attributes(vector: np.ndarray, index: SearchIndex) -> list[Attribute]:
    trained = Selection(index.products, (OneOf("split", ("train",)),))
    voters = min(VOTERS, len(index.images))
    similarities, numbers = index.images.search(vector, voters, trained)
    found = numbers >= 0
    if not found.any():
        return []
    said = []
    for name, fitted in index.facts["calibration"]["attributes"].items():
        codes, values = index.products.codes(name)
        totals = votes(
            np.where(found, similarities, -np.inf), np.where(found, codes[numbers], -1), len(values)
        )
        usual = frequencies(codes[trained.mask], len(values))
        scores = chances(totals, usual, scale=fitted["scale"], doubt=fitted["doubt"])[0]
        likely = np.argsort(-scores, kind="stable")[:LIKELY]
        told = [(values[value], round(float(scores[value]), 4)) for value in likely]
        said.append(Attribute(name, told, fitted.get("error")))
    return said
