"""The hook around Kedro's own runner, over files."""

from types import SimpleNamespace

import pytest
from kedro.framework.hooks.manager import _create_hook_manager, _register_hooks
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner

from shopclip.datasets import JSONDataset
from shopclip.hooks import ProvenanceHook
from shopclip.provenance import ProvenanceError


def make_products(catalogue):
    return list(range(catalogue["limit"]))


def train(products, training):
    return {"seed": training["seed"], "saw": len(products)}, len(products)


def embed(model, products):
    return [[model["seed"], product] for product in products]


def report(embeddings, parameters):
    return {"rows": len(embeddings), "parameters": parameters}


class Model(JSONDataset):
    standalone = True


PIPELINE = Pipeline(
    [
        node(make_products, "params:catalogue", "products", name="make_products"),
        node(train, ["products", "params:training"], ["model", "saw"], name="a.train"),
        node(embed, ["model", "products"], "embeddings", name="a.embed"),
        node(report, ["embeddings", "parameters"], "report", name="report"),
    ]
)


class Project:
    def __init__(self, folder):
        self.data = folder / "data"
        self.parameters = {"catalogue": {"limit": 5}, "training": {"seed": 0}}
        self.hook = ProvenanceHook()
        self.hook.after_context_created(SimpleNamespace(project_path=folder))

    def run(self, *nodes, only_missing=False, **parameters):
        """The runner, as a session calls it."""
        for block, values in parameters.items():
            self.parameters = {**self.parameters, block: {**self.parameters[block], **values}}
        files = {
            name: JSONDataset(filepath=str(self.data / f"{name}.json"))
            for name in ("products", "saw", "embeddings", "report")
        }
        catalog = DataCatalog(
            {
                **files,
                "model": Model(filepath=str(self.data / "model.json")),
                "parameters": MemoryDataset(self.parameters),
                **{f"params:{name}": MemoryDataset(v) for name, v in self.parameters.items()},
            }
        )
        manager = _create_hook_manager()
        _register_hooks(manager, (self.hook,))
        chosen = PIPELINE.filter(node_names=nodes) if nodes else PIPELINE
        options = {"runtime_params": parameters, "only_missing_outputs": only_missing, "env": None}
        manager.hook.before_pipeline_run(run_params=options, pipeline=chosen, catalog=catalog)
        SequentialRunner().run(chosen, catalog, manager, only_missing_outputs=only_missing)
        return catalog


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = Project(tmp_path)
    project.run()
    return project


def test_a_run_of_what_lies_there_is_not_disturbed(project):
    project.run()
    project.run("a.embed", "report")
    assert project.run("report").load("report")["rows"] == 5


def test_embeddings_of_another_model_are_refused_before_the_first_node(project):
    project.run("a.train", training={"seed": 7})
    before = (project.data / "report.json").read_bytes()
    with pytest.raises(ProvenanceError, match=r"embeddings\.json: made from another .*model\.json"):
        project.run("report")
    assert (project.data / "report.json").read_bytes() == before
    project.run("a.embed", "report")


def test_the_report_is_given_the_parameters_by_which_things_were_made(project):
    project.run("a.train", "a.embed", training={"seed": 7})
    project.parameters["training"] = {"seed": 0}  # what a later run is given
    assert project.run("report").load("report")["parameters"]["training"] == {"seed": 7}


def test_a_parameter_for_a_stage_that_does_not_run_is_refused(project):
    with pytest.raises(ProvenanceError, match=r"catalogue\.limit=3: comes too late"):
        project.run("report", catalogue={"limit": 3})


def test_what_a_runner_leaves_out_is_compared_too(project):
    (project.data / "report.json").unlink()
    project.run(only_missing=True)
    assert (project.data / "report.json").is_file()
    project.run("make_products", catalogue={"limit": 3})
    with pytest.raises(ProvenanceError, match=r"embeddings\.json: made from another .*products"):
        project.run(only_missing=True)


def test_outputs_of_other_parameters_are_not_missing_and_not_right_either(project):
    with pytest.raises(ProvenanceError, match=r"a\.train made it by other parameters .*only-miss"):
        project.run(only_missing=True, training={"seed": 7})


def test_a_save_that_fails_leaves_nothing_that_is_believed(project, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Model, "save", full)
        with pytest.raises(Exception, match="No space left"):
            project.run("a.train", training={"seed": 7})
    with pytest.raises(ProvenanceError, match="did not end well"):
        project.run("a.embed")
    project.run()


def test_a_model_may_be_asked_about_other_products(project):
    project.run("make_products", "a.embed", "report", catalogue={"limit": 3})
    assert project.run("report").load("report")["rows"] == 3
