"""The notebooks run through, from either folder, and show what the run left."""

import re

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from tests.notebooks.committed import NOTEBOOKS
from tests.project import copy_project, kedro

pytestmark = pytest.mark.slow

CATALOGUE, LEADERBOARD = NOTEBOOKS


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project with `notebooks/`, in which the `test` environment has run on forty products."""
    project = copy_project(tmp_path_factory.mktemp("notebooks") / "project")
    (project / "notebooks").mkdir()
    kedro(project, "run", "--env", "test", "--params", "catalogue.limit=40")
    return project


def execute(path, folder):
    """The executed notebook; a cell that fails raises with its traceback."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=120, resources=resources).execute()


def outputs(notebook, mime):
    """All that the cells showed in one format."""
    shown = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return [output.data[mime] for output in shown if mime in output.get("data", {})]


def tables(notebook):
    return "\n".join(outputs(notebook, "text/html"))


def complaints(notebook):
    """Warnings of Python that a reader would see between the cells."""
    streams = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    text = "".join(output.text for output in streams if output.output_type == "stream")
    return re.findall(r".*Warning.*", text)


def test_the_first_shows_the_catalogue_that_was_ingested(finished):
    notebook = execute(CATALOGUE, finished / "notebooks")
    assert len(outputs(notebook, "image/png")) == 4
    assert complaints(notebook) == []
    examples = pd.read_parquet(finished / "data/05_model_input/examples.parquet")
    for split, products in examples["split"].value_counts().items():
        assert re.search(rf"<th>{split}</th>\s*<td>{products}</td>", tables(notebook))
    said = "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream"
    )
    assert "0 rejected, 40 examples left" in said


def test_the_second_shows_the_leaderboard_of_the_run(finished):
    notebook = execute(LEADERBOARD, finished)
    assert complaints(notebook) == []
    table = pd.read_csv(finished / "data/08_reporting/leaderboard.csv")
    pairs = table["pair"].nunique()
    assert len(outputs(notebook, "image/png")) == 3 + pairs  # a gallery a pair
    for _, row in table[table["protocol"] == "held_out"].iterrows():
        ends = (100 * row[f"mrr_at_10{end}"] for end in ("", "_low", "_high"))
        assert "{:.1f} ({:.1f}–{:.1f})".format(*ends) in tables(notebook)
    comparisons = pd.read_csv(finished / "data/08_reporting/comparisons.csv")
    shown = comparisons.query("protocol == 'held_out' and metric == 'mrr_at_10'")
    assert all(f"{value:.4f}" in tables(notebook) for value in shown["difference"])
