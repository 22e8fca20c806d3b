"""Nodes that judge a pair by its embeddings alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from shopclip.metrics.collapse import explain, spread
from shopclip.metrics.geometry import HUBNESS_SAMPLE, geometry, hubness
from shopclip.metrics.ranks import rank, rank_both
from shopclip.metrics.scoring import DIRECTIONS, HELD_OUT, TEXT_TO_IMAGE
from shopclip.parameters import EvaluationParameters, Pair
from shopclip.pipelines.evaluation.protocols import (
    chosen_captions,
    evenly_chosen,
    headline,
    missed_captions,
    nearest_images,
    protocols,
)
from shopclip.pipelines.evaluation.scores import score_runs
from shopclip.tables.contamination import held_out_seen
from shopclip.tables.results import Results

MISSES = 4  # captions whose wrong answers are shown
LAST_STEPS = 20  # their mean is the final loss


def rank_examples(
    image_embeddings: np.ndarray, text_embeddings: np.ndarray, examples: pd.DataFrame
) -> pd.DataFrame:
    """A row a query: `protocol`, `direction`, `id`, `caption_id`, `gallery` (its size), `better`,
    `tied`.
    """
    tables = []
    for protocol, members in protocols(examples).items():
        queries = examples[["id", "caption_id"]].iloc[members]
        both = rank_both(image_embeddings[members], text_embeddings[members])
        for direction, ranks in zip(DIRECTIONS, both, strict=True):
            ranked = queries.assign(better=ranks.better, tied=ranks.tied, gallery=len(members))
            tables.append(ranked.assign(protocol=protocol, direction=direction))
    return pd.concat(tables, ignore_index=True)


def rank_captions(
    image_embeddings: np.ndarray, text_embeddings: np.ndarray, examples: pd.DataFrame
) -> pd.DataFrame:
    """Where each product's caption stands among the distinct ones: `protocol`, `id`, `caption_id`,
    `gallery`, `better`, `tied`.
    """
    tables = []
    for protocol, members in protocols(examples).items():
        queries = examples[["id", "caption_id"]].iloc[members]
        _, first, own = np.unique(queries["caption_id"], return_index=True, return_inverse=True)
        ranks = rank(image_embeddings[members], text_embeddings[members][first], own)
        ranked = queries.assign(better=ranks.better, tied=ranks.tied, gallery=len(first))
        tables.append(ranked.assign(protocol=protocol))
    return pd.concat(tables, ignore_index=True)


def diagnose(
    image_embeddings: np.ndarray,
    text_embeddings: np.ndarray,
    training_log: pd.DataFrame,
    examples: pd.DataFrame,
    trained_captions: pd.DataFrame,
) -> dict[str, Any]:
    """What tells whether the pair has collapsed, and the verdict.

    `hubness` is that of images found by captions, of at most `HUBNESS_SAMPLE` evenly chosen;
    `held_out_seen` the share of held-out products whose caption the pair was trained with.
    Alignment, uniformity and modality gap are of as many held-out examples, of all where none is.
    """
    image_embeddings, text_embeddings = np.asarray(image_embeddings), np.asarray(text_embeddings)
    image, text = spread(image_embeddings), spread(text_embeddings)
    some = evenly_chosen(len(image_embeddings), HUBNESS_SAMPLE)
    judged = headline(examples)[1]
    judged = judged[evenly_chosen(len(judged), HUBNESS_SAMPLE)]
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
        "held_out_seen": held_out_seen(examples, trained_captions),
        **geometry(image_embeddings[judged], text_embeddings[judged]),
    }
    return {**signs, "collapsed": bool(explain(signs).seen)}


def score(parameters: EvaluationParameters, **of_runs: Any) -> pd.DataFrame:
    """Every score of a pair: `protocol`, `direction`, `answers` (own or same_caption), `metric`,
    `value` with its interval (`low`, `high`), `chance` and `ceiling`.

    Args:
        of_runs: `ranks_0`, `caption_ranks_0` and `diagnostics_0` of the pair's first run, and so
            on, one a seed.
    """
    kinds = ("ranks_", "caption_ranks_", "diagnostics_")
    ranks, captions, diagnostics = (
        [data for name, data in of_runs.items() if name.startswith(kind)] for kind in kinds
    )
    seen = max(one.get("held_out_seen", 0.0) for one in diagnostics)
    scores = score_runs(ranks, captions, parameters)
    return scores.assign(
        collapsed=sum(one["collapsed"] for one in diagnostics),
        seen=np.where(scores["protocol"] == HELD_OUT, seen, 0.0),
    )


def retrieve(
    image_embeddings: np.ndarray,
    text_embeddings: np.ndarray,
    examples: pd.DataFrame,
    ranks: pd.DataFrame,
    parameters: EvaluationParameters,
) -> pd.DataFrame:
    """The nearest pictures of a few captions, a row a picture, for people to look at.

    `kind` is typical (captions chosen by a hash) or miss (the pair's own worst); `better` says how
    many pictures of the gallery stand before that of the product `asked`.
    """
    protocol, members = headline(examples)
    gallery, images = examples.iloc[members], image_embeddings[members]
    ranked = ranks[(ranks["protocol"] == protocol) & (ranks["direction"] == TEXT_TO_IMAGE)]
    missed = pd.Index(gallery["id"]).get_indexer(missed_captions(ranked, MISSES)["id"])
    typical = chosen_captions(gallery, parameters.gallery_captions)
    tables = []
    for kind, queries in {"typical": typical, "miss": missed}.items():
        texts = text_embeddings[members][queries]
        nearest = nearest_images(texts, images, parameters.gallery_pictures)
        tables.append(_describe(gallery, queries, *nearest).assign(kind=kind))
    retrieved = pd.concat(tables, ignore_index=True)
    return retrieved.assign(better=retrieved["asked"].map(ranked.set_index("id")["better"]))


def collect_results(pair: Pair, **tables: Any) -> Results:
    """All that reporting needs of a pair, under one name.

    Args:
        tables: by name; `ranks_0`, `ranks_1` … of its runs become one table, `ranks`, with a
            column `seed`.
    """
    runs = [name for name in tables if name.startswith("ranks_")]
    ranks = [tables.pop(name).assign(seed=seed) for seed, name in enumerate(runs)]
    return Results(pair.label, {**tables, "ranks": pd.concat(ranks, ignore_index=True)})


def _describe(
    gallery: pd.DataFrame, queries: np.ndarray, nearest: np.ndarray, similarities: np.ndarray
) -> pd.DataFrame:
    count = nearest.shape[1]
    queried, shown = gallery.iloc[np.repeat(queries, count)], gallery.iloc[nearest.ravel()]
    return pd.DataFrame(
        {
            "query": np.repeat(np.arange(len(queries)), count),
            "asked": queried["id"].to_numpy(),
            "caption": queried["caption"].to_numpy(),
            "place": np.tile(np.arange(1, count + 1), len(queries)),
            "id": shown["id"].to_numpy(),
            "row": shown["row"].to_numpy(),
            "hit": shown["caption_id"].to_numpy() == queried["caption_id"].to_numpy(),
            "similarity": similarities.ravel(),
        }
    )
