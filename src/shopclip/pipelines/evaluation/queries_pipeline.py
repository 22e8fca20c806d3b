"""Once for every pair, under its namespace, from the embeddings of its first run:

image_embeddings, query_embeddings, queries, examples ─ classify ─→ zero_shot_⟨pair⟩,
                                                                    confusions_⟨pair⟩
the same, with trained_captions_⟨pair⟩ ─ score_benchmark ─→ benchmark_⟨pair⟩
"""

from functools import partial, update_wrapper

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.evaluation.benchmark_nodes import score_benchmark
from shopclip.pipelines.evaluation.zero_shot_nodes import classify

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
