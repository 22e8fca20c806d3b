"""products ─ number_captions ─→ captions ─ split_captions ─→ splits ──────┐
raw_catalogue, products, catalogue_facts ─ decode_images ─→ image_store ─┴ join_examples ─→ examples
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.preprocessing.nodes import (
    decode_images,
    join_examples,
    number_captions,
    split_captions,
)


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            node(number_captions, inputs="products", outputs="captions", name="number_captions"),
            node(
                split_captions,
                inputs=["captions", "params:splits"],
                outputs="splits",
                name="split_captions",
            ),
            node(
                decode_images,
                inputs=[
                    "raw_catalogue",
                    "products",
                    "catalogue_facts",
                    "params:images",
                    "params:catalogue",
                    "params:engine",
                ],
                outputs="image_store",
                name="decode_images",
            ),
            node(
                join_examples,
                inputs=[
                    "products",
                    "captions",
                    "splits",
                    "image_store",
                    "catalogue_facts",
                    "params:catalogue",
                ],
                outputs=["examples", "rejected_images"],
                name="join_examples",
            ),
        ]
    )
