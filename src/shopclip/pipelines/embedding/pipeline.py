"""Once for every pair, under its namespace:

dual_encoder, examples, image_store ─ embed ─→ image_embeddings, text_embeddings
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.embedding.nodes import embed_images, embed_texts


def create_pipeline(pair: str) -> Pipeline:
    return Pipeline(
        [
            node(
                embed_images,
                inputs=["dual_encoder", "examples", "image_store", "params:training"],
                outputs="image_embeddings",
                name="embed_images",
            ),
            node(
                embed_texts,
                inputs=["dual_encoder", "examples", "params:training"],
                outputs="text_embeddings",
                name="embed_texts",
            ),
        ],
        inputs={"examples", "image_store"},
        parameters={"params:training": "params:training"},
        namespace=pair,
    )
