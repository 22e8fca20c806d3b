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
            node(number_captions, "products", "captions", name="number_captions"),
            node(split_captions, ["captions", "params:splits"], "splits", name="split_captions"),
            node(
                decode_images,
                [
                    "raw_catalogue",
                    "products",
                    "catalogue_facts",
                    "params:images",
                    "params:catalogue",
                    "params:engine",
                ],
                "image_store",
                name="decode_images",
            ),
            node(
                join_examples,
                [
                    "products",
                    "captions",
                    "splits",
                    "image_store",
                    "catalogue_facts",
                    "params:catalogue",
                ],
                ["examples", "rejected_images"],
                name="join_examples",
            ),
        ]
    )
