"""Once for every run, a pair's training from one seed, under its namespace:

image_embeddings, text_embeddings, examples ─ rank_examples ─→ ranks
the same                                    ─ rank_captions ─→ caption_ranks
the same, training_log, trained_captions    ─ diagnose ─→ diagnostics

Once for every pair:

ranks, caption_ranks, diagnostics of its runs ─ score ─→ metrics
embeddings, examples, ranks                 ─ retrieve ─→ retrievals
embeddings, examples                        ─ map_embeddings ─→ map
embeddings, examples                        ─ find_hubs ─→ hubs
ranks, examples                             ─ break_down ─→ breakdown
embeddings, queries, examples               ─ classify ─→ zero_shot, confusions
the same, trained_captions                  ─ score_benchmark ─→ benchmark
all of them, with the logs of the training  ─ collect_results ─→ results_⟨pair⟩

The last is all that reporting needs of a pair.
"""

from __future__ import annotations

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.evaluation.benchmark_tasks import score_benchmark
from shopclip.pipelines.evaluation.embedding_map import map_embeddings
from shopclip.pipelines.evaluation.misses import break_down, find_hubs
from shopclip.pipelines.evaluation.nodes import (
    collect_results,
    diagnose,
    rank_captions,
    rank_examples,
    retrieve,
    score,
)
from shopclip.pipelines.evaluation.zero_shot import classify

EMBEDDINGS = ["image_embeddings", "text_embeddings"]
QUERIES = ["image_embeddings", "query_embeddings", "queries", "examples"]
OF_RUN = ("ranks", "caption_ranks", "diagnostics")
RESULTS = (
    "towers",
    "training_log",
    "epoch_log",
    "trained_captions",
    "diagnostics",
    "metrics",
    "retrievals",
    "map",
    "hubs",
    "breakdown",
    "zero_shot",
    "confusions",
    "benchmark",
)


def create_run_pipeline() -> Pipeline:
    """What every seed of a pair is judged by."""
    return Pipeline(
        [
            node(rank_examples, [*EMBEDDINGS, "examples"], "ranks", name="rank_examples"),
            node(rank_captions, [*EMBEDDINGS, "examples"], "caption_ranks", name="rank_captions"),
            node(
                diagnose,
                [*EMBEDDINGS, "training_log", "examples", "trained_captions"],
                "diagnostics",
                name="diagnose",
            ),
        ]
    )


def create_pipeline(repeats: Sequence[str] = ()) -> Pipeline:
    """What is said of a pair: the scores of all its runs, and examples of its first.

    Args:
        repeats: its other runs, by the names of their namespaces.
    """
    runs = ["", *(f"{run}." for run in repeats)]
    of_runs = {f"{kind}_{n}": f"{run}{kind}" for kind in OF_RUN for n, run in enumerate(runs)}
    ranks = {name: dataset for name, dataset in of_runs.items() if name.startswith("ranks_")}
    return create_run_pipeline() + Pipeline(
        [
            node(score, {"parameters": "params:evaluation", **of_runs}, "metrics", name="score"),
            node(
                retrieve,
                [*EMBEDDINGS, "examples", "ranks", "params:evaluation"],
                "retrievals",
                name="retrieve",
            ),
            node(map_embeddings, [*EMBEDDINGS, "examples"], "map", name="map_embeddings"),
            node(find_hubs, [*EMBEDDINGS, "examples"], "hubs", name="find_hubs"),
            node(
                break_down,
                ["ranks", "examples", "params:evaluation"],
                "breakdown",
                name="break_down",
            ),
            node(
                classify,
                [*QUERIES, "params:evaluation"],
                ["zero_shot", "confusions"],
                name="classify",
            ),
            node(
                score_benchmark,
                [*QUERIES, "trained_captions", "params:pair", "params:evaluation"],
                "benchmark",
                name="score_benchmark",
            ),
            node(
                collect_results,
                {"pair": "params:pair", **{name: name for name in RESULTS}, **ranks},
                "results",
                name="collect_results",
            ),
        ]
    )
