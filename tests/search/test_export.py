"""An export answers as torch does, and loads in a process that has no torch."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as transform

from shopclip.dualencoder import DualEncoder, Source
from shopclip.search import QueryError, SearchEngine, SearchError
from shopclip.search.export import export
from shopclip.search.export_graphs import resize_matrix
from shopclip.search.towers import OnnxTowers
from tests.conftest import noise
from tests.dualencoder.conftest import GPT, RESNET, VIT, build
from tests.dualencoder.public_folders import clip, siglip, siglip2
from tests.search.shop import SIZE

CAPTIONS = ["a red shirt", "", "cap", "Ünïcode 漢字 🙂", "a very long one " * 30]


@pytest.fixture(scope="module")
def exported(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "tiny"
    return folder, export(project, folder, pair="tiny", pictures=True)


@pytest.mark.parametrize(
    ("size", "target"),
    [((80, 60), (64, 48)), ((80, 60), (224, 224)), ((80, 60), (80, 64)), ((37, 500), (64, 13))],
)
@pytest.mark.parametrize("resample", ["bilinear", "bicubic"])
def test_the_matrices_resize_as_torch_does_to_the_last_bit(resample, size, target):
    pixels = noise(3, *size)
    there = transform.resize(
        torch.from_numpy(pixels).permute(0, 3, 1, 2),
        list(target),
        interpolation=transform.InterpolationMode(resample),
        antialias=True,
    )
    here = pixels.astype(float)
    for axis, name in ((1, "nhwc,tw->nhtc"), (0, "nhwc,th->ntwc")):
        if size[axis] != target[axis]:
            weights, bits = resize_matrix(size[axis], target[axis], resample)
            here = np.floor(np.einsum(name, here, weights) / 2**bits + 0.5).clip(0, 255)
    assert np.array_equal(here, there.permute(0, 2, 3, 1).numpy())


def test_both_towers_are_those_of_torch_for_any_batch(exported, engine):
    towers = OnnxTowers(exported[0])
    for batch in (CAPTIONS, *([one] for one in CAPTIONS), CAPTIONS * 9):
        ours = engine.towers.embed_captions(batch)
        np.testing.assert_allclose(towers.embed_captions(batch), ours, atol=1e-5)
    for count in (1, 2, 9):
        pixels = noise(count, *SIZE, seed=count)
        ours = engine.towers.embed_images(pixels)
        np.testing.assert_allclose(towers.embed_images(pixels), ours, atol=1e-5)
    for tower in ("text", "image"):
        assert 0 <= exported[1][tower]["difference"] <= 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "image"),
    [(GPT, VIT), (GPT, RESNET), (GPT, replace(RESNET, flip_test=True))],
    ids=["vit", "resnet", "flip_test"],
)
def test_a_causal_text_tower_and_a_vit_export_too(project, tmp_path, text, image):
    import shutil

    shop = shutil.copytree(project, tmp_path / "shop")
    shutil.rmtree(shop / "data/07_model_output/other")
    build(text, image).save(shop / "data/06_models/tiny")
    facts = export(shop, tmp_path / "out")  # it compares with torch itself
    assert facts["text"]["difference"] <= 1e-4
    assert facts["image"]["difference"] <= 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("kind", [clip, siglip])
def test_a_public_model_exports_with_its_own_resize_and_crop(kind, project, tmp_path):
    import shutil

    shop = shutil.copytree(project, tmp_path / "shop")
    shutil.rmtree(shop / "data/07_model_output/other")
    model = DualEncoder.from_pretrained(Source(name=str(kind(tmp_path / "hub"))))
    model.save(shop / "data/06_models/tiny")
    facts = export(shop, tmp_path / "out")  # it compares with torch itself
    assert facts["text"]["difference"] <= 1e-4
    assert facts["image"]["difference"] <= 1e-4


def test_what_is_no_graph_is_one_line(project, tmp_path):
    import shutil

    shop = shutil.copytree(project, tmp_path / "shop")
    shutil.rmtree(shop / "data/07_model_output/other")
    model = DualEncoder.from_pretrained(Source(name=str(siglip2(tmp_path / "hub"))))
    model.save(shop / "data/06_models/tiny")
    with pytest.raises(SearchError, match="NaFlexPatches") as error:
        export(shop, tmp_path / "out")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_an_export_answers_as_the_project_does(exported, engine):
    alone = SearchEngine.open(exported[0])
    for query in (
        {"text": "blue cap"},
        {"image": noise(1, 90, 70)[0]},
        {"text": "x", "image": noise(1, 9, 9)[0], "where": {"year": 2012}},
    ):
        here, there = engine.search(**query), alone.search(**query)
        assert [hit.product.id for hit in here] == [hit.product.id for hit in there]
    assert np.array_equal(alone.picture("p3"), engine.picture("p3"))
    assert alone.describe_product("p3").attributes == engine.describe_product("p3").attributes


def test_the_command_runs_on_an_export_without_torch_transformers_or_kedro(exported, engine):
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "torchvision", "kedro", "onnx"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from shopclip.search.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
    command = [sys.executable, "-c", code, "a red shirt", "--from", str(exported[0]), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    expected = [hit.product.id for hit in engine.search("a red shirt")]
    assert [hit["id"] for hit in told["hits"]] == expected


def test_the_embeddings_lie_beside_the_towers(exported, engine):
    vectors = np.load(exported[0] / "image_embeddings.npy")
    assert np.array_equal(vectors, engine.index.images.vectors(np.arange(len(vectors))))


def test_towers_that_differ_from_torch_are_not_exported(project, tmp_path, monkeypatch):
    right = OnnxTowers.embed_captions
    monkeypatch.setattr(OnnxTowers, "embed_captions", lambda self, c: right(self, c) + 2e-4)
    with pytest.raises(SearchError, match="text tower in ONNX differs from torch by 2"):
        export(project, tmp_path / "out", pair="tiny")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder_to_export_to(project, tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(SearchError, match=r"precious\.txt: a file; give a new folder"):
        export(project, tmp_path / "precious.txt", pair="tiny")
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_folder_with_something_else_is_left_alone(project, tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(SearchError, match="holds something else"):
        export(project, tmp_path, pair="tiny")
    assert [file.name for file in tmp_path.iterdir()] == ["precious.txt"]


def test_what_lies_beside_an_export_is_there_after_the_next_one(project, exported, tmp_path):
    import shutil

    folder = Path(shutil.copytree(exported[0], tmp_path / "out"))
    (folder / "notes.txt").write_text("mine")
    (folder / "index" / "notes.txt").write_text("mine too")
    (folder / "empty").mkdir()
    (folder / "link").symlink_to(tmp_path)
    (folder / "text.onnx").write_bytes(b"damaged")
    export(project, folder, pair="tiny")  # without pictures, which the older one had
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "index" / "notes.txt").read_text() == "mine too"
    assert (folder / "empty").is_dir()
    assert (folder / "link").readlink() == tmp_path
    assert not (folder / "image_store").exists()
    assert SearchEngine.open(folder).search("a red shirt", k=1)
    listed = json.loads((folder / "export.json").read_text())["files"]
    assert "index/index.json" in listed
    assert {"notes.txt", "index/notes.txt", "empty", "link"}.isdisjoint(listed)


@pytest.mark.parametrize("name", ["text.onnx", "tokenizer.json", "export.json"])
def test_a_damaged_export_says_so(exported, tmp_path, name):
    import shutil

    folder = Path(shutil.copytree(exported[0], tmp_path / "copy"))
    (folder / name).write_bytes(b"{}")
    with pytest.raises(SearchError, match="export the pair again"):
        SearchEngine.open(folder)


def test_pictures_that_were_not_exported_are_one_clear_error(project, tmp_path):
    export(project, tmp_path / "out", pair="tiny")
    with pytest.raises(QueryError, match="pictures were not exported"):
        SearchEngine.open(tmp_path / "out").picture("p1")


@pytest.mark.parametrize("file", ["text.onnx", "index/products.arrow", "image_store/images.npy"])
def test_one_changed_bit_of_an_export_is_refused(exported, tmp_path, file):
    folder = tmp_path / "export"
    shutil.copytree(exported[0], folder)
    content = bytearray((folder / file).read_bytes())
    content[len(content) // 2] ^= 4
    (folder / file).write_bytes(content)
    with pytest.raises(SearchError, match=rf"export: damaged, .*{file} is not the file that was"):
        SearchEngine.open(folder)
