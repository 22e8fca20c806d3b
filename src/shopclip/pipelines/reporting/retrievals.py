"""What every pair retrieved for the same captions, for people to look at."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shopclip.figures.gallery_chart import Picture, Query

TALLEST = 120  # pixels; a picture is shown at 96


def data_uri(pixels: np.ndarray) -> str:
    """A JPEG, small enough for a page with hundreds of them.

    Args:
        pixels: uint8 (height, width, 3).
    """
    from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if picture.height > TALLEST:
        width = max(1, round(picture.width * TALLEST / picture.height))
        picture = picture.resize((width, TALLEST), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=85, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.getvalue()).decode()}"


CAPTIONS, PICTURES = 8, 8  # no more are shown, so that page and figure stay small


def retrieved_for(retrievals: Mapping[str, pd.DataFrame], examples: pd.DataFrame) -> list[Query]:
    """The first typical captions with their first pictures, pairs in the order of their names."""
    retrievals = {pair: _of_kind(table, "typical") for pair, table in retrievals.items()}
    captions = dict(zip(examples["id"], examples["caption"], strict=True))
    own = examples.drop_duplicates("caption").set_index("caption")["row"]
    asked = next(iter(retrievals.values())).drop_duplicates("query").head(CAPTIONS)
    return [
        Query(
            caption,
            int(own[caption]),
            {pair: _pictures(retrievals[pair], query, captions) for pair in sorted(retrievals)},
        )
        for query, caption in zip(asked["query"], asked["caption"], strict=True)
    ]


@dataclass(frozen=True)
class Miss:
    """A caption that a pair answers badly, and what came first instead.

    Attributes:
        own: row of the nearest of its own pictures.
        place: where that one stands, counted from 1.
    """

    caption: str
    own: int
    place: int
    found: list[Picture]


def misses_of(
    retrievals: Mapping[str, pd.DataFrame], examples: pd.DataFrame
) -> dict[str, list[Miss]]:
    """Each pair's own worst captions, the worst first; pairs in the order of their names."""
    captions = dict(zip(examples["id"], examples["caption"], strict=True))
    rows = dict(zip(examples["id"], examples["row"], strict=True))
    missed = {pair: _of_kind(retrievals[pair], "miss") for pair in sorted(retrievals)}
    return {
        pair: [
            Miss(
                captions[asked["asked"]],
                int(rows[asked["asked"]]),
                int(asked["better"]) + 1,
                _pictures(table, asked["query"], captions),
            )
            for asked in table.drop_duplicates("query").head(CAPTIONS).to_dict("records")
        ]
        for pair, table in missed.items()
    }


def _of_kind(retrieved: pd.DataFrame, kind: str) -> pd.DataFrame:
    return retrieved[retrieved["kind"] == kind]


def _pictures(retrieved: pd.DataFrame, query: int, captions: Mapping[str, str]) -> list[Picture]:
    nearest = retrieved[retrieved["query"] == query].sort_values("place").head(PICTURES)
    columns = zip(nearest["row"], nearest["place"], nearest["hit"], nearest["id"], strict=True)
    return [
        Picture(int(row), int(place), bool(hit), captions[id_]) for row, place, hit, id_ in columns
    ]
