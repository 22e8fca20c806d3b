"""Once for every run, a pair's training from one seed, under its namespace:

examples, image_store ─ train ─→ dual_encoder, training_log, epoch_log, trained_captions

examples, image_store ─ check_learning ─→ preflight   (a pipeline of its own, `preflight`)
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.training.nodes import check_learning, train

DATA = ["examples", "image_store"]
PARAMETERS = ["params:pair", "params:training", "params:images", "params:captions"]


def create_pipeline() -> Pipeline:
    return Pipeline(
        [
            node(
                train,
                [*DATA, *PARAMETERS, "params:engine"],
                ["dual_encoder", "training_log", "epoch_log", "trained_captions"],
                name="train",
            )
        ]
    )


def create_preflight() -> Pipeline:
    """A stage of its own, for those who ask: `kedro run --pipelines preflight`."""
    return Pipeline(
        [node(check_learning, [*DATA, *PARAMETERS], "preflight", name="check_learning")]
    )
