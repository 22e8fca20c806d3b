"""Nodes that judge a pair by its embeddings alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from shopclip.dualencoder.collapse import HUBNESS_SAMPLE, explain, hubness, spread
from shopclip.dualencoder.ranks import rank
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.protocols import protocols
from shopclip.pipelines.evaluation.retrieval import chosen_captions, nearest_images
from shopclip.pipelines.evaluation.scores import score_ranks

LAST_STEPS = 20  # their mean is the final loss


def rank_examples(
    image_embeddings: np.ndarray,
    text_embeddings: np.ndarray,
    examples: pd.DataFrame,
    parameters: EvaluationParameters,
) -> pd.DataFrame:
    """A row a query: `protocol`, `direction`, `id`, `gallery` (its size), `better`, `tied`."""
    tables = []
    for protocol, members in protocols(examples).items():
        images, texts = image_embeddings[members], text_embeddings[members]
        directions = {"image_to_text": (images, texts), "text_to_image": (texts, images)}
        for direction, (queries, gallery) in directions.items():
            ranks = rank(queries, gallery, chunk=parameters.chunk)
            table = pd.DataFrame({"id": examples["id"].to_numpy()[members], **vars(ranks)})
            named = table.assign(protocol=protocol, direction=direction, gallery=len(gallery))
            tables.append(named)
    return pd.concat(tables, ignore_index=True)


def diagnose(
    image_embeddings: np.ndarray, text_embeddings: np.ndarray, training_log: pd.DataFrame
) -> dict[str, Any]:
    """What tells whether the pair has collapsed, and the verdict.

    `hubness` is that of images found by captions, of at most `HUBNESS_SAMPLE` evenly chosen.
    """
    image, text = spread(image_embeddings), spread(text_embeddings)
    some = np.unique(np.linspace(0, len(image_embeddings) - 1, HUBNESS_SAMPLE).astype(int))
    last = training_log.tail(LAST_STEPS)
    signs = {
        "steps": len(training_log),
        "final_loss": float(last["loss"].mean()) if len(last) else None,
        "chance_loss": float(last["chance_loss"].mean()) if len(last) else None,
        "image_mean_cosine": image.mean_cosine,
        "text_mean_cosine": text.mean_cosine,
        "image_effective_rank": image.effective_rank,
        "text_effective_rank": text.effective_rank,
        "hubness": hubness(text_embeddings[some], image_embeddings[some]),
    }
    return {**signs, "collapsed": bool(explain(signs).seen)}


def score(
    ranks: pd.DataFrame, diagnostics: dict[str, Any], parameters: EvaluationParameters
) -> pd.DataFrame:
    """A row a protocol and direction: shares of hits with intervals, and chance beside them."""
    groups = ranks.groupby(["protocol", "direction"], sort=False)
    scores = [
        {"protocol": protocol, "direction": direction, **score_ranks(group, parameters)}
        for (protocol, direction), group in groups
    ]
    return pd.DataFrame(scores).assign(collapsed=diagnostics["collapsed"])


def retrieve(
    image_embeddings: np.ndarray,
    text_embeddings: np.ndarray,
    examples: pd.DataFrame,
    parameters: EvaluationParameters,
) -> pd.DataFrame:
    """The nearest pictures of a few captions, a row a picture, for people to look at."""
    members = list(protocols(examples).values())[-1]
    queries = chosen_captions(examples.iloc[members], parameters.gallery_captions)
    texts = text_embeddings[members][queries]
    found = nearest_images(texts, image_embeddings[members], parameters.gallery_pictures)
    return _describe(examples.iloc[members], queries, *found)


def _describe(
    gallery: pd.DataFrame, queries: np.ndarray, places: np.ndarray, similarities: np.ndarray
) -> pd.DataFrame:
    count = places.shape[1]
    asked, shown = gallery.iloc[np.repeat(queries, count)], gallery.iloc[places.ravel()]
    return pd.DataFrame(
        {
            "query": np.repeat(np.arange(len(queries)), count),
            "caption": asked["caption"].to_numpy(),
            "place": np.tile(np.arange(1, count + 1), len(queries)),
            "id": shown["id"].to_numpy(),
            "row": shown["row"].to_numpy(),
            "hit": shown["caption_id"].to_numpy() == asked["caption_id"].to_numpy(),
            "similarity": similarities.ravel(),
        }
    )
