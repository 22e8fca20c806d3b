import json

import numpy as np
import pytest
import torch

from shopclip.dualencoder import DualEncoder, ModelError
from shopclip.files.storage import StorageError
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build


@pytest.mark.parametrize(("text", "image"), [(BERT, RESNET), (GPT, VIT)])
def test_a_loaded_model_embeds_exactly_as_the_saved_one(text, image, examples, tmp_path):
    saved = build(text, image, seed=4)
    saved.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model")
    assert np.array_equal(loaded.embed_images(examples.images), saved.embed_images(examples.images))
    captions = [*examples.captions, "something else"]
    assert np.array_equal(loaded.embed_captions(captions), saved.embed_captions(captions))
    assert loaded.temperature.log_scale == saved.temperature.log_scale


def test_the_bias_of_siglip_is_saved_and_loaded(tmp_path):
    saved = build(BERT, RESNET, loss="siglip")
    saved.temperature.bias.data.fill_(-7.5)
    saved.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model")
    assert loaded.temperature.bias.item() == -7.5
    assert isinstance(loaded.temperature.bias, torch.nn.Parameter)


def test_a_checkpoint_from_before_there_was_a_bias_loads(model, examples, tmp_path):
    model.save(tmp_path / "model")
    description = tmp_path / "model" / "dual_encoder.json"
    facts = json.loads(description.read_text())
    del facts["biased"]
    description.write_text(json.dumps(facts))
    loaded = DualEncoder.load(tmp_path / "model")
    assert loaded.temperature.bias is None
    assert np.array_equal(loaded.embed_images(examples.images), model.embed_images(examples.images))


def test_a_model_in_channels_last_embeds_the_same_from_its_checkpoint(model, examples, tmp_path):
    model.image.to(memory_format=torch.channels_last)
    model.save(tmp_path / "model")
    loaded = DualEncoder.load(tmp_path / "model").embed_images(examples.images)
    np.testing.assert_allclose(loaded, model.embed_images(examples.images), atol=1e-6)


def test_a_checkpoint_holds_safetensors_json_and_a_tokenizer_and_no_pickle(model, tmp_path):
    model.save(tmp_path / "model")
    suffixes = {path.suffix for path in (tmp_path / "model").rglob("*") if path.is_file()}
    assert suffixes <= {".safetensors", ".json", ".txt"}
    assert (tmp_path / "model" / "tokenizer" / "tokenizer.json").is_file()


def test_saving_again_replaces_the_old_model_and_leaves_nothing_beside_it(model, tmp_path):
    model.save(tmp_path / "model")
    (tmp_path / "model" / "stale").touch()
    model.save(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert not (tmp_path / "model" / "stale").exists()


def test_a_save_that_fails_leaves_the_old_model(model, tmp_path, monkeypatch):
    model.save(tmp_path / "model")
    monkeypatch.setattr(model.text.tokenizer, "save_pretrained", _disk_full)
    with pytest.raises(StorageError, match=r"model: cannot be written: No space left.*Make room"):
        model.save(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    DualEncoder.load(tmp_path / "model")


def _disk_full(*_):
    raise OSError(28, "No space left on device")


def test_a_missing_checkpoint_says_how_to_get_one(tmp_path):
    with pytest.raises(ModelError, match="kedro run --pipelines training"):
        DualEncoder.load(tmp_path / "nothing")


def test_truncated_weights_are_an_error_that_names_the_folder(model, tmp_path):
    model.save(tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match="model: damaged"):
        DualEncoder.load(tmp_path / "model")


def test_another_format_says_what_to_do(model, tmp_path):
    model.save(tmp_path / "model")
    description = tmp_path / "model" / "dual_encoder.json"
    description.write_text(json.dumps({**json.loads(description.read_text()), "format": 99}))
    with pytest.raises(ModelError, match=r"format 99.*train the pair again"):
        DualEncoder.load(tmp_path / "model")


@pytest.mark.parametrize("file", ["tokenizer/tokenizer.json", "tokenizer/tokenizer_config.json"])
def test_a_checkpoint_without_a_file_of_its_tokenizer_is_refused(file, model, tmp_path):
    """Transformers makes up an empty tokenizer instead, for which all captions are one."""
    model.save(tmp_path / "model")
    (tmp_path / "model" / file).unlink()
    with pytest.raises(ModelError, match=f"{file.partition('/')[2]} is missing"):
        DualEncoder.load(tmp_path / "model")


def test_a_checkpoint_from_before_there_were_digests_needs_its_tokenizer_too(model, tmp_path):
    model.save(tmp_path / "model")
    description = tmp_path / "model" / "dual_encoder.json"
    facts = json.loads(description.read_text())
    del facts["files"]
    description.write_text(json.dumps(facts))
    DualEncoder.load(tmp_path / "model")
    (tmp_path / "model" / "tokenizer" / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        DualEncoder.load(tmp_path / "model")


def test_one_changed_weight_is_refused(model, tmp_path):
    """It is as well formed as before: only its digest tells."""
    model.save(tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-3] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors is not the file that was saved"):
        DualEncoder.load(tmp_path / "model")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(number, model, tmp_path):
    with torch.no_grad():
        model.image.projection[1].weight[0, 0] = number
    model.save(tmp_path / "model")
    with pytest.raises(ModelError, match=r"image\.projection\.1\.weight .*not finite"):
        DualEncoder.load(tmp_path / "model")
