"""Notebooks are committed as nobody has run them: a change of theirs is a change of their cells.

To clear one: Kernel, restart and clear the outputs of all cells.
"""

import nbformat
import pytest

from tests.notebooks.committed import NOTEBOOKS
from tests.project import ROOT
from tests.test_secret_free import secrets_in

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
METADATA = {"kernelspec": KERNEL, "language_info": {"name": "python"}}


def stains(notebook):
    """What an execution or an editor left in a notebook, one line each."""
    found = [f"metadata {notebook.metadata}"] if notebook.metadata != METADATA else []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.metadata:
            found.append(f"cell {number}: metadata {cell.metadata}")
        if cell.cell_type == "code":
            if cell.outputs:
                found.append(f"cell {number}: outputs")
            if cell.execution_count is not None:
                found.append(f"cell {number}: execution count")
    return found


@pytest.fixture
def clean():
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("1 + 1")]
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA)


def test_a_notebook_that_nobody_ran_has_no_stain(clean):
    assert stains(clean) == []


@pytest.mark.parametrize(
    ("stain", "told"),
    [
        (lambda book: book.cells[1].update(execution_count=3), "cell 2: execution count"),
        (
            lambda book: book.cells[1].outputs.append(nbformat.v4.new_output("stream", text="2")),
            "cell 2: outputs",
        ),
        (lambda book: book.cells[0].metadata.update(tags=["x"]), "cell 1: metadata"),
        (lambda book: book.metadata.update(widgets={}), "metadata"),
    ],
)
def test_what_an_execution_or_an_editor_leaves_is_a_stain(clean, stain, told):
    stain(clean)
    (found,) = stains(clean)
    assert found.startswith(told)


def test_there_are_the_two_notebooks_that_the_readers_are_promised():
    assert [path.name for path in NOTEBOOKS] == [
        "01_look_at_the_catalogue.ipynb",
        "02_read_the_leaderboard.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_valid_and_clean(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert stains(notebook) == []
    assert secrets_in(path.relative_to(ROOT), path.read_text("utf-8")) == []
