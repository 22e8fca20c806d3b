"""Once for all pairs:

examples ─ collect_queries ─→ queries

Once for every run, under its namespace:

dual_encoder, examples, image_store ─ embed ─→ image_embeddings, text_embeddings
dual_encoder, queries ─ embed_queries ─→ query_embeddings
dual_encoder ─ describe_towers ─→ towers
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.embedding.nodes import (
    collect_queries,
    describe_towers,
    embed_images,
    embed_queries,
    embed_texts,
)

SETTINGS = ("params:training", "params:engine")


def create_queries() -> Pipeline:
    """What no pair has to itself."""
    return Pipeline(
        [
            node(
                collect_queries,
                ["examples", "params:evaluation"],
                "queries",
                name="collect_queries",
            )
        ]
    )


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            node(
                embed_images,
                ["dual_encoder", "examples", "image_store", *SETTINGS],
                "image_embeddings",
                name="embed_images",
            ),
            node(
                embed_texts,
                ["dual_encoder", "examples", *SETTINGS],
                "text_embeddings",
                name="embed_texts",
            ),
            node(
                embed_queries,
                ["dual_encoder", "queries", *SETTINGS],
                "query_embeddings",
                name="embed_queries",
            ),
            node(describe_towers, "dual_encoder", "towers", name="describe_towers"),
        ]
    )
