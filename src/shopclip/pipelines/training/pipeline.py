"""Once for every pair, under its namespace:

examples, image_store ─ train ─→ ⟨pair⟩.dual_encoder, training_log_⟨pair⟩, epoch_log_⟨pair⟩

`training_states` and `encoder_features` are folders that the node itself fills, with what a killed
training goes on from and with what frozen encoders say.
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
                    "training_states",
                    "encoder_features",
                    "params:pair",
                    "params:training",
                    "params:images",
                    "params:captions",
                ],
                outputs=["dual_encoder", "training_log", "epoch_log"],
                name="train",
            )
        ],
        inputs={"examples", "image_store", "encoder_features"},
        outputs={"training_log": f"training_log_{pair}", "epoch_log": f"epoch_log_{pair}"},
        parameters={
            "params:pair": f"params:pairs.{pair}",
            "params:training": "params:training",
            "params:images": "params:images",
            "params:captions": "params:captions",
        },
        namespace=pair,
    )
