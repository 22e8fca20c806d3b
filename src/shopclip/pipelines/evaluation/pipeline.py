"""Once for every pair, under its namespace:

image_embeddings, text_embeddings, examples ─ rank_examples ─→ ranks ─ score ─→ metrics_⟨pair⟩
the same, with the training log             ─ diagnose ─→ diagnostics_⟨pair⟩
the same                                    ─ retrieve ─→ retrievals_⟨pair⟩
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.evaluation.nodes import diagnose, rank_examples, retrieve, score

EMBEDDINGS = ["image_embeddings", "text_embeddings"]


def create_pipeline(pair: str) -> Pipeline:
    return Pipeline(
        [
            node(
                rank_examples,
                inputs=[*EMBEDDINGS, "examples", "params:evaluation"],
                outputs="ranks",
                name="rank_examples",
            ),
            node(
                diagnose,
                inputs=[*EMBEDDINGS, "training_log"],
                outputs="diagnostics",
                name="diagnose",
            ),
            node(
                score,
                inputs=["ranks", "diagnostics", "params:evaluation"],
                outputs="metrics",
                name="score",
            ),
            node(
                retrieve,
                inputs=[*EMBEDDINGS, "examples", "params:evaluation"],
                outputs="retrievals",
                name="retrieve",
            ),
        ],
        inputs={"examples": "examples", "training_log": f"training_log_{pair}"},
        outputs={
            "metrics": f"metrics_{pair}",
            "diagnostics": f"diagnostics_{pair}",
            "retrievals": f"retrievals_{pair}",
        },
        parameters={"params:evaluation": "params:evaluation"},
        namespace=pair,
    )
