import json

import numpy as np
import pytest

from shopclip.dualencoder import DualEncoder, Ensemble, ModelError, load_model
from shopclip.dualencoder.teacher import with_teacher
from shopclip.dualencoder.tower_facts import tower_facts
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build

CAPTIONS = ["a red shirt", "something blue", "grey"]


@pytest.fixture(scope="module")
def members():
    return {"one": build(BERT, RESNET, seed=1), "other": build(GPT, VIT, seed=2, embed_dim=24)}


@pytest.fixture
def ensemble(members):
    return Ensemble(members, {"one": 3, "other": 1})


def test_its_cosine_is_the_weighted_mean_of_the_members(ensemble, members, examples):
    images = ensemble.embed_images(examples.images)
    captions = ensemble.embed_captions(CAPTIONS)
    expected = sum(
        weight
        * members[name].embed_images(examples.images)
        @ members[name].embed_captions(CAPTIONS).T
        for name, weight in (("one", 0.75), ("other", 0.25))
    )
    np.testing.assert_allclose(images @ captions.T, expected, atol=1e-6)
    assert images.dtype == captions.dtype == np.float32
    assert images.shape == (64, ensemble.embed_dim) == (64, 40)


def test_its_embeddings_have_length_one(ensemble, examples):
    for embeddings in (ensemble.embed_images(examples.images), ensemble.embed_captions(CAPTIONS)):
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


def test_of_nothing_it_embeds_nothing(ensemble, examples):
    assert ensemble.embed_captions([]).shape == (0, 40)
    assert ensemble.embed_images(examples.images, np.arange(0)).shape == (0, 40)


def test_batches_are_those_of_the_whole(ensemble, examples):
    rows = np.array([5, 3, 60])
    parts = list(ensemble.stream_images(examples.images, rows, batch_size=2))
    assert [len(part) for part in parts] == [2, 1]
    np.testing.assert_allclose(
        np.concatenate(parts), ensemble.embed_images(examples.images)[rows], atol=1e-6
    )


def test_a_loaded_ensemble_embeds_exactly_as_the_saved_one(ensemble, examples, tmp_path):
    ensemble.save(tmp_path / "both")
    loaded = load_model(tmp_path / "both")
    assert isinstance(loaded, Ensemble)
    assert list(loaded.members) == ["one", "other"]
    for ours, theirs in (
        (ensemble.embed_images(examples.images), loaded.embed_images(examples.images)),
        (ensemble.embed_captions(CAPTIONS), loaded.embed_captions(CAPTIONS)),
    ):
        assert np.array_equal(ours, theirs)


def test_one_dual_encoder_is_loaded_as_one(members, tmp_path):
    members["one"].save(tmp_path / "one")
    assert isinstance(load_model(tmp_path / "one"), DualEncoder)


def test_what_takes_one_dual_encoder_says_that_these_are_several(ensemble, tmp_path):
    ensemble.save(tmp_path / "both")
    with pytest.raises(ModelError, match="an ensemble of several dual encoders; load it by"):
        DualEncoder.load(tmp_path / "both")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "other/model.safetensors").write_bytes(b"x"),
        lambda folder: (folder / "one/dual_encoder.json").unlink(),
        lambda folder: (folder / "dual_encoder.json").write_text('{"format": 3}'),
    ],
)
def test_a_damaged_folder_is_named(damage, ensemble, tmp_path):
    ensemble.save(tmp_path / "both")
    damage(tmp_path / "both")
    with pytest.raises(ModelError, match=r"both: .*train the pair"):
        load_model(tmp_path / "both")


def test_it_can_teach(ensemble, examples, tmp_path):
    taught = with_teacher(examples, ensemble, tmp_path)
    assert np.array_equal(
        taught.teacher_images, ensemble.embed_images(examples.images, examples.rows)
    )
    assert taught.teacher_texts.shape == (4, 40)


def test_its_facts_are_those_of_the_larger_pictures_and_of_all_parameters(members):
    large = build(BERT, RESNET, size=(40, 32))
    facts = tower_facts(
        Ensemble({"small": members["other"], "large": large}, {"small": 1, "large": 1})
    )
    assert (facts["image"]["height"], facts["image"]["width"]) == (40, 32)
    assert facts["image"]["kind"] == "vit and resnet"
    assert facts["text"]["kind"] == "gpt2 and bert"
    assert facts["embed_dim"] == 40
    every = sum(w.numel() for m in (members["other"], large) for w in m.parameters())
    temperatures = 2
    assert facts["text"]["parameters"] + facts["image"]["parameters"] == every - temperatures
    json.dumps(facts)
