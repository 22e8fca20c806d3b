"""Once for every run, a pair's training from one seed, under its namespace:

image_embeddings, text_embeddings, examples ─ rank_examples ─→ ranks_⟨run⟩
the same                                    ─ rank_captions ─→ caption_ranks_⟨run⟩
the same, with both tables of the training  ─ diagnose ─→ diagnostics_⟨run⟩

Once for every pair:

both ranks_⟨run⟩ …, diagnostics_⟨run⟩ …     ─ score ─→ metrics_⟨pair⟩
image_embeddings, text_embeddings, examples, ranks_⟨pair⟩ ─ retrieve ─→ retrievals_⟨pair⟩
image_embeddings, text_embeddings, examples ─ map_embeddings ─→ map_⟨pair⟩
the same                                    ─ find_hubs ─→ hubs_⟨pair⟩
ranks_⟨pair⟩, examples                      ─ break_down ─→ breakdown_⟨pair⟩
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, update_wrapper

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.evaluation.benchmark_tasks import score_benchmark
from shopclip.pipelines.evaluation.embedding_map import map_embeddings
from shopclip.pipelines.evaluation.misses import break_down, find_hubs
from shopclip.pipelines.evaluation.nodes import (
    diagnose,
    rank_captions,
    rank_examples,
    retrieve,
    score,
)
from shopclip.pipelines.evaluation.zero_shot import classify

ASKED = ["image_embeddings", "query_embeddings", "queries", "examples"]
TABLES = ["zero_shot", "confusions", "benchmark"]


def create_queries_pipeline(pair: str) -> Pipeline:
    """What a pair is judged by besides the captions of the catalogue."""
    return Pipeline(
        [
            node(
                classify,
                inputs=[*ASKED, "params:evaluation"],
                outputs=["zero_shot", "confusions"],
                name="classify",
            ),
            node(
                # A refusal names the pair.
                update_wrapper(partial(score_benchmark, pair=pair), score_benchmark),
                inputs=[*ASKED, "trained_captions", "params:evaluation"],
                outputs="benchmark",
                name="score_benchmark",
            ),
        ],
        inputs={
            "queries": "queries",
            "examples": "examples",
            "trained_captions": f"trained_captions_{pair}",
        },
        outputs={table: f"{table}_{pair}" for table in TABLES},
        parameters={"params:evaluation": "params:evaluation"},
        namespace=pair,
    )


EMBEDDINGS = ["image_embeddings", "text_embeddings"]
OF_PAIR = ("metrics", "retrievals", "map", "hubs", "breakdown")


def create_run_pipeline(run: str) -> Pipeline:
    """What every seed of a pair is judged by."""
    return Pipeline(
        [
            node(
                rank_examples,
                inputs=[*EMBEDDINGS, "examples"],
                outputs="ranks",
                name="rank_examples",
            ),
            node(
                rank_captions,
                inputs=[*EMBEDDINGS, "examples"],
                outputs="caption_ranks",
                name="rank_captions",
            ),
            node(
                diagnose,
                inputs=[*EMBEDDINGS, "training_log", "examples", "trained_captions"],
                outputs="diagnostics",
                name="diagnose",
            ),
        ],
        inputs={
            "examples": "examples",
            "training_log": f"training_log_{run}",
            "trained_captions": f"trained_captions_{run}",
        },
        outputs={
            "ranks": f"ranks_{run}",
            "caption_ranks": f"caption_ranks_{run}",
            "diagnostics": f"diagnostics_{run}",
        },
        namespace=run,
    )


def create_pipeline(pair: str, runs: Sequence[str]) -> Pipeline:
    """What is said of a pair: the scores of all its runs, and examples of its first."""
    of_runs = [
        f"{kind}_{run}" for run in runs for kind in ("ranks", "caption_ranks", "diagnostics")
    ]
    return Pipeline(
        [
            node(
                score,
                inputs={"parameters": "params:evaluation", **{name: name for name in of_runs}},
                outputs="metrics",
                name="score",
            ),
            node(
                retrieve,
                inputs=[*EMBEDDINGS, "examples", f"ranks_{pair}", "params:evaluation"],
                outputs="retrievals",
                name="retrieve",
            ),
            node(
                map_embeddings,
                inputs=[*EMBEDDINGS, "examples"],
                outputs="map",
                name="map_embeddings",
            ),
            node(find_hubs, inputs=[*EMBEDDINGS, "examples"], outputs="hubs", name="find_hubs"),
            node(
                break_down,
                inputs=[f"ranks_{pair}", "examples", "params:evaluation"],
                outputs="breakdown",
                name="break_down",
            ),
        ],
        inputs={"examples", *of_runs},
        outputs={name: f"{name}_{pair}" for name in OF_PAIR},
        parameters={"params:evaluation": "params:evaluation"},
        namespace=pair,
    )
