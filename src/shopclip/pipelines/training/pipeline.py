"""Once for every pair, under its namespace:

examples, image_store ─ train ─→ ⟨pair⟩.dual_encoder, training_log_⟨pair⟩, epoch_log_⟨pair⟩,
                                 trained_captions_⟨pair⟩

`training_states` and `encoder_features` are folders that the node itself fills, with what a killed
training goes on from and with what frozen encoders say.

examples, image_store ─ check_learning ─→ preflight_⟨pair⟩   (a pipeline of its own, `preflight`)
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.training.nodes import check_learning, train

TABLES = ["training_log", "epoch_log", "trained_captions"]
ENGINE = "params:engine"
PARAMETERS = ["params:pair", "params:training", "params:images", "params:captions"]


def create_pipeline(pair: str) -> Pipeline:
    training = node(
        train,
        inputs=[
            "examples",
            "image_store",
            "training_states",
            "encoder_features",
            *PARAMETERS,
            ENGINE,
        ],
        outputs=["dual_encoder", *TABLES],
        name="train",
    )
    return Pipeline(
        [training],
        inputs={"examples", "image_store", "encoder_features"},
        outputs={table: f"{table}_{pair}" for table in TABLES},
        parameters={**_parameters(pair), ENGINE: ENGINE},
        namespace=pair,
    )


def create_preflight(pair: str) -> Pipeline:
    """A stage of its own, for those who ask: `kedro run --pipelines preflight`."""
    check = node(
        check_learning,
        inputs=["examples", "image_store", *PARAMETERS],
        outputs="preflight",
        name="check_learning",
    )
    return Pipeline(
        [check],
        inputs={"examples", "image_store"},
        outputs={"preflight": f"preflight_{pair}"},
        parameters=_parameters(pair),
        namespace=pair,
    )


def _parameters(pair: str) -> dict[str, str]:
    return {**{name: name for name in PARAMETERS}, "params:pair": f"params:pairs.{pair}"}
