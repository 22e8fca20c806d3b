"""Once for every pair, under its namespace:

examples, image_store ─ train ─→ ⟨pair⟩.dual_encoder, training_log_⟨pair⟩
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.training.nodes import train


def create_pipeline(pair: str) -> Pipeline:
    return Pipeline(
        [
            node(
                train,
                inputs=[
                    "examples",
                    "image_store",
                    "params:pair",
                    "params:training",
                    "params:images",
                    "params:captions",
                ],
                outputs=["dual_encoder", "training_log"],
                name="train",
            )
        ],
        inputs={"examples", "image_store"},
        outputs={"training_log": f"training_log_{pair}"},
        parameters={
            "params:pair": f"params:pairs.{pair}",
            "params:training": "params:training",
            "params:images": "params:images",
            "params:captions": "params:captions",
        },
        namespace=pair,
    )
