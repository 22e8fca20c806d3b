import pytest
from kedro.pipeline import node
from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook

from shopclip.dualencoder.image_store import ImageStore
from shopclip.hooks.tracking_hook import TrackingHook
from shopclip.parameters import SplitParameters


@pytest.fixture
def logged(monkeypatch):
    """What kedro-mlflow is given to log."""
    found = {}
    monkeypatch.setattr(
        MlflowHook, "before_node_run", lambda self, node, catalog, inputs, _: found.update(inputs)
    )
    return found


def test_parameters_are_logged_as_dictionaries_and_data_is_not_copied(logged):
    store = ImageStore(None, None, None, "f")
    inputs = {"params:splits": SplitParameters(held_out=0.2), "image_store": store}
    some_node = node(lambda *_: None, list(inputs), None, name="some_node")
    TrackingHook().before_node_run(some_node, None, inputs, False)
    assert logged["params:splits"]["held_out"] == 0.2
    assert logged["image_store"] is store
