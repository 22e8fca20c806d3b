"""Once for every pair, under its namespace:

image_embeddings, text_embeddings, examples, image_store ─ build_index ─→ index
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.indexing.nodes import build_index


def create_pipeline(pair: str) -> Pipeline:
    build = node(
        build_index,
        inputs=["image_embeddings", "text_embeddings", "examples", "image_store", "params:index"],
        outputs="index",
        name="build_index",
    )
    return Pipeline(
        [build],
        inputs={"examples", "image_store"},
        parameters={"params:index": "params:index"},
        namespace=pair,
    )
