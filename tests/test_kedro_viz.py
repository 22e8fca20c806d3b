"""`kedro viz` as it opens: what its own API says of a project that has run."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

import pytest
import yaml

from tests.project import copy_project, kedro

pytestmark = pytest.mark.slow

LAYERS = [
    "raw",
    "intermediate",
    "primary",
    "feature",
    "model_input",
    "models",
    "model_output",
    "reporting",
]
STAGES = ("training", "embedding", "indexing", "evaluation")
MAX_VISIBLE = 30  # datasets with three pairs
MAX_PER_PAIR = 4


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """With three pairs, all of which have run."""
    project = copy_project(tmp_path_factory.mktemp("viz") / "project")
    kedro(project, "run", "--env", "test")
    return project


def ask(project, *paths):
    """What the server of `kedro viz` answers to each path."""
    port = _free_port()
    command = [sys.executable, "-m", "kedro", "viz", "run", "--no-browser"]
    with (project / "viz.txt").open("w") as log:
        server = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=project,
            env={**os.environ, "DO_NOT_TRACK": "true"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        return [_answer(f"http://127.0.0.1:{port}/api/{path}", server, project) for path in paths]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
        server.wait(20)


def _free_port():
    """One below 49152, for Kedro-Viz takes no other."""
    for port in range(4300, 49152, 7):
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


def _answer(address, server, project):
    for _ in range(600):
        assert server.poll() is None, (project / "viz.txt").read_text()
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.1)
    raise AssertionError((project / "viz.txt").read_text())


@pytest.fixture(scope="module")
def graph(project):
    return ask(project, "main")[0]


def visible(graph):
    """The datasets outside the closed groups, by name."""
    names = {node["id"]: node["name"] for node in graph["nodes"] if node["type"] == "data"}
    groups = graph["modular_pipelines"]
    children = groups["__root__"]["children"]
    seen = {child["id"] for child in children}
    for child in children:
        if child["type"] == "modularPipeline":
            seen |= {*groups[child["id"]]["inputs"], *groups[child["id"]]["outputs"]}
    return {names[one] for one in seen if one in names}


def test_layers_are_shown_in_their_order(graph):
    assert graph["layers"] == [layer for layer in LAYERS if layer in graph["layers"]]
    assert set(LAYERS) - set(graph["layers"]) <= {"feature"}


def test_pairs_are_closed_groups_with_their_stages_inside(graph):
    groups = graph["modular_pipelines"]
    top = {one["id"] for one in groups["__root__"]["children"] if one["type"] == "modularPipeline"}
    assert top == {"bert_resnet", "bert_vit", "gpt_vit"}
    for pair in top:
        inside = {one["id"] for one in groups[pair]["children"]}
        assert {f"{pair}.{stage}" for stage in STAGES} <= inside


def test_few_datasets_stand_outside_the_groups(graph):
    shown = visible(graph)
    assert len(shown) <= MAX_VISIBLE, sorted(shown)
    of_pair = {name for name in shown if "gpt_vit" in name}
    assert of_pair == {"gpt_vit.index", "results_gpt_vit", "model_card_gpt_vit"}
    assert len(of_pair) <= MAX_PER_PAIR


def test_what_a_node_writes_is_its_output(graph):
    """No dataset without a producer but the parameters: nothing comes from nowhere."""
    made = {edge["target"] for edge in graph["edges"]}
    data = {node["id"]: node["name"] for node in graph["nodes"] if node["type"] == "data"}
    assert {name for id_, name in data.items() if id_ not in made} == set()


def test_tables_and_figures_have_previews(project, graph):
    ids = {node["name"]: node["id"] for node in graph["nodes"] if node["type"] == "data"}
    names = ["leaderboard", "products", "leaderboard_figure", "curves_figure", "gallery_figure"]
    answers = dict(zip(names, ask(project, *(f"nodes/{ids[name]}" for name in names)), strict=True))
    for name in ("leaderboard", "products"):
        preview = answers[name]["preview"]
        assert preview["data"]
        assert {"leaderboard": "pair", "products": "caption"}[name] in preview["columns"]
    for name in names[2:]:
        assert answers[name]["preview_type"] == "ImagePreview"
        assert answers[name]["preview"].startswith("iVBOR")  # a PNG in base64


def test_a_fourth_pair_adds_few_datasets(project, graph):
    before = visible(graph)
    pairs = yaml.safe_load((project / "conf/base/parameters_pairs.yml").read_text())["pairs"]
    pairs["another"] = pairs["bert_vit"]
    (project / "conf/local/parameters_pairs.yml").write_text(yaml.safe_dump({"pairs": pairs}))
    after = visible(ask(project, "main")[0])
    assert before < after
    assert len(after - before) <= MAX_PER_PAIR
