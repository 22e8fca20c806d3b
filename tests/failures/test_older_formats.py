"""What an older or a newer version left loads, or says what to do."""

import json

import numpy as np
import pytest
import torch

from shopclip.dualencoder import (
    CheckpointManager,
    DualEncoder,
    ModelError,
    Recipe,
    checkpoints,
    model_files,
)
from shopclip.dualencoder.checkpoints import Checkpoint
from shopclip.dualencoder.learner import Learner
from shopclip.files.image_store import ImageStore, ImageStoreError, ImageStream, write_image_store
from shopclip.search.errors import SearchError
from shopclip.search.index.opened import SearchIndex
from shopclip.search.towers import OnnxTowers
from tests.conftest import noise
from tests.dualencoder.conftest import BERT, RESNET, build
from tests.project import ROOT

BEFORE_STEMS = ROOT / "tests" / "failures" / "before_stems"


def test_a_checkpoint_from_before_there_were_stems_embeds_as_it_did_then():
    """Saved, with what it said of a caption and a picture, by the version before `stem`."""
    assert "stem" not in json.loads((BEFORE_STEMS / "dual_encoder.json").read_text())["image"]
    model = DualEncoder.load(BEFORE_STEMS)
    then = json.loads((BEFORE_STEMS / "embeddings.json").read_text())
    picture = (np.arange(24 * 16 * 3) % 251).reshape(1, 24, 16, 3).astype(np.uint8)
    np.testing.assert_allclose(model.embed_captions(["a red shirt"])[0], then["caption"], atol=1e-5)
    np.testing.assert_allclose(model.embed_images(picture)[0], then["image"], atol=1e-5)


def checkpoint(folder):
    folder.mkdir()
    facts = json.loads((BEFORE_STEMS / "dual_encoder.json").read_text())
    facts["format"] = model_files.FORMAT
    (folder / "dual_encoder.json").write_text(json.dumps(facts))
    return folder / "dual_encoder.json", DualEncoder.load, ModelError


def image_store(folder):
    write_image_store(folder, ImageStream((8, 6), [("p0", noise(1, 8, 6)[0])]))
    return folder / "image_store.json", ImageStore.load, ImageStoreError


def index(folder):
    folder.mkdir()
    (folder / "index.json").write_text(json.dumps({"format": 1, "kind": "exact"}))
    return folder / "index.json", SearchIndex.open, SearchError


def export(folder):
    folder.mkdir()
    (folder / "export.json").write_text(json.dumps({"format": 1, "pair": "tiny"}))
    return folder / "export.json", OnnxTowers, SearchError


REMEDIES = {
    checkpoint: "train the pair again: kedro run --pipelines training",
    image_store: "make it again: kedro run --pipelines preprocessing",
    index: "build it again: kedro run --pipelines indexing",
    export: "export the pair again: python -m shopclip.search export --to FOLDER",
}


@pytest.mark.parametrize("what", REMEDIES, ids=lambda one: one.__name__)
@pytest.mark.parametrize(
    ("format_", "upgrade"), [(0, ""), (99, "upgrade shopclip, or "), ("x", ""), (None, "")]
)
def test_another_format_names_the_folder_both_formats_and_the_remedy(
    tmp_path, what, format_, upgrade
):
    description, load, kind = what(tmp_path / "old")
    facts = json.loads(description.read_text())
    expected = facts["format"]
    description.write_text(json.dumps({**facts, "format": format_}))
    with pytest.raises(kind) as caught:
        load(tmp_path / "old")
    told = str(caught.value)
    assert told.startswith(f"{tmp_path / 'old'}: ")
    assert told.endswith(
        f"of format {format_}, this version reads {expected}; {upgrade}{REMEDIES[what]}"
    )


def test_a_checkpoint_whose_weights_do_not_fit_is_one_line(tmp_path):
    build(BERT, RESNET).save(tmp_path / "model")
    facts = json.loads((tmp_path / "model" / "dual_encoder.json").read_text())
    facts["embed_dim"] = 8
    (tmp_path / "model" / "dual_encoder.json").write_text(json.dumps(facts))
    with pytest.raises(ModelError, match="model: damaged, train the pair again: ") as caught:
        DualEncoder.load(tmp_path / "model")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("format_", [0, 99])
def test_a_training_state_of_another_format_is_passed_over_and_said(
    examples, tmp_path, monkeypatch, caplog, format_
):
    learner = Learner(build(BERT, RESNET), examples, Recipe(batch_size=16))
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "FORMAT", format_)
        file = tmp_path / "step_000000001.safetensors"
        checkpoints.write_checkpoint(file, "one", Checkpoint(), learner)
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    state = CheckpointManager(tmp_path, identity="one").restore(learner)
    assert state == Checkpoint()
    assert f"{file} is passed over" in caplog.text
    assert f"format {format_}, expected {checkpoints.FORMAT}" in caplog.text
    for name, value in learner.model.state_dict().items():
        assert torch.equal(value, before[name])
