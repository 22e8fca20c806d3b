"""Once for every run, a pair's training from one seed, under its namespace:

examples, image_store ─ train ─→ dual_encoder, training_log, epoch_log, trained_captions

A pupil reads its teacher's dual_encoder as well. An ensemble is not trained:

dual_encoder and trained_captions of its members ─ combine ─→ the same four

examples, image_store ─ check_learning ─→ preflight   (a pipeline of its own, `preflight`)
"""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node

from shopclip.pipelines.training.nodes import check_learning, combine, train

DATA = ["examples", "image_store"]
MODEL = ["dual_encoder", "training_log", "epoch_log", "trained_captions"]
PARAMETERS = ["params:pair", "params:training", "params:images", "params:captions"]


def create_pipeline(teacher: str | None = None) -> Pipeline:
    """A pair's training.

    Args:
        teacher: the pair that it learns from, which is trained before it.
    """
    taught = [f"{teacher}.dual_encoder"] if teacher else []
    return Pipeline(
        [node(train, [*DATA, *PARAMETERS, "params:engine", *taught], MODEL, name="train")]
    )


def create_ensemble(members: Sequence[str]) -> Pipeline:
    """What stands for training where a pair is made of others.

    Args:
        members: the pairs, which are trained before it.
    """
    kinds = ("dual_encoder", "trained_captions")
    inputs = {
        f"{kind}_{number}": f"{name}.{kind}"
        for number, name in enumerate(members)
        for kind in kinds
    }
    return Pipeline([node(combine, {"pair": "params:pair", **inputs}, MODEL, name="combine")])


def create_preflight() -> Pipeline:
    """A stage of its own, for those who ask: `kedro run --pipelines preflight`."""
    return Pipeline(
        [node(check_learning, [*DATA, *PARAMETERS], "preflight", name="check_learning")]
    )
