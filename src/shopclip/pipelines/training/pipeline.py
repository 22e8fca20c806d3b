"""Once for every run, a pair's training from one seed, under its namespace:

examples, image_store ─ train ─→ dual_encoder, training_log, epoch_log, trained_captions

A pupil reads its teacher's dual_encoder as well.

examples, image_store ─ check_learning ─→ preflight   (a pipeline of its own, `preflight`)
"""

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.training.nodes import check_learning, train

DATA = ["examples", "image_store"]
PARAMETERS = ["params:pair", "params:training", "params:images", "params:captions"]


def create_pipeline(teacher: str | None = None) -> Pipeline:
    """A pair's training.

    Args:
        teacher: the pair that it learns from, which is trained before it.
    """
    taught = [f"{teacher}.dual_encoder"] if teacher else []
    return Pipeline(
        [
            node(
                train,
                [*DATA, *PARAMETERS, "params:engine", *taught],
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
