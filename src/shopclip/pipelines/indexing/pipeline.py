"""Once for every pair, under its namespace:

image_embeddings, text_embeddings, examples, image_store ─ build_index ─→ index_facts_⟨pair⟩

`index_folder` is what the node fills: the index itself, which `shopclip.search` opens.
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.indexing.nodes import build_index


def create_pipeline(pair: str) -> Pipeline:
    build = node(
        build_index,
        inputs=[
            "image_embeddings",
            "text_embeddings",
            "examples",
            "image_store",
            "index_folder",
            "params:index",
        ],
        outputs="index_facts",
        name="build_index",
    )
    return Pipeline(
        [build],
        inputs={"examples", "image_store"},
        outputs={"index_facts": f"index_facts_{pair}"},
        parameters={"params:index": "params:index"},
        namespace=pair,
    )
