"""Towers so small that a test builds them in a moment."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from shopclip.dualencoder import (
    CheckpointManager,
    DualEncoder,
    Examples,
    ImageEncoder,
    TextEncoder,
    fit,
)

BERT = TextEncoder(
    config={
        "model_type": "bert",
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": 32,
    },
    vocab_size=300,
)
GPT = TextEncoder(
    config={"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 32},
    vocab_size=300,
)
RESNET = ImageEncoder(
    config={
        "model_type": "resnet",
        "embedding_size": 8,
        "hidden_sizes": [8, 16],
        "depths": [1, 1],
        "layer_type": "basic",
    }
)
VIT = ImageEncoder(
    config={
        "model_type": "vit",
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "patch_size": 8,
    }
)

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 220), "grey": (128,) * 3}


@pytest.fixture(scope="session", name="examples")
def examples_of_colours():
    return colours()


def colours():
    """Flat coloured pictures whose captions name their colour, 16 of each."""
    generator = np.random.default_rng(0)
    captions = tuple(f"a {colour} shirt" for colour in COLOURS)
    caption_ids = np.tile(np.arange(4), 16)
    flat = np.array(list(COLOURS.values()), dtype=np.int64)[caption_ids][:, None, None, :]
    noise = generator.integers(-20, 20, size=(64, 20, 16, 3))
    images = np.clip(flat + noise, 0, 255).astype(np.uint8)
    return Examples(images, np.arange(64), caption_ids.astype(np.int64), captions)


def build(text, image, seed=0, **options):
    """A dual encoder of the small towers, 16-d, for 24 x 16 pixels."""
    captions = [f"a {colour} shirt" for colour in COLOURS]
    options = {"size": (24, 16), "embed_dim": 16, **options}
    return DualEncoder.build(text, image, captions=captions, seed=seed, **options)


def still(text):
    """The encoder without dropout, so that two passes say the same."""
    names = (
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        "resid_pdrop",
        "embd_pdrop",
        "attn_pdrop",
    )
    return replace(text, config={**text.config, **dict.fromkeys(names, 0.0)})


def varied(examples):
    """Every example gets three captions of its own to draw from."""
    more = (*examples.captions, *(f"{c}, {word}" for c in examples.captions for word in "xyz"))
    own = np.array([[4 + 3 * number + k for k in range(3)] for number in examples.caption_ids])
    return replace(examples, captions=more, variants=own)


def labelled(examples):
    """With two attributes: one that the picture shows, and one known of every second product."""
    shown = examples.caption_ids % 2
    known = np.where(np.arange(len(examples)) % 2, examples.caption_ids, -1)
    return replace(examples, labels=np.stack([shown, known], axis=1))


def subset(examples, chosen):
    """These examples alone."""
    return replace(examples, rows=examples.rows[chosen], caption_ids=examples.caption_ids[chosen])


def accuracy(model, examples):
    """The share of pictures whose nearest caption is their own."""
    similarities = model.embed_images(examples.images) @ model.embed_captions(examples.captions).T
    return (similarities.argmax(axis=1) == examples.caption_ids).mean()


def weights(model):
    """A copy of every parameter and buffer."""
    return {name: value.clone() for name, value in model.state_dict().items()}


def differing(one, other):
    """The names of the tensors that are not the same to the last bit."""
    assert one.keys() == other.keys()
    return [name for name in one if not torch.equal(one[name], other[name])]


class StoppedError(Exception):
    """The end of a training, after an epoch of the test's choice."""


def stop_after(epochs):
    def after(epoch):
        if epoch.epoch + 1 == epochs:
            raise StoppedError

    return after


def differing_when_resumed(towers, examples, recipe, folder, *, epochs=1):
    """The tensors in which a training that was killed after so many epochs ends otherwise.

    Args:
        towers: the text and the image encoder.
    """
    whole, killed, resumed = (build(*towers) for _ in range(3))
    fit(whole, examples, recipe, seed=3)
    manager, stop = CheckpointManager(folder, seconds=0), stop_after(epochs)
    with pytest.raises(StoppedError):
        fit(killed, examples, recipe, seed=3, checkpoint_manager=manager, after_epoch=stop)
    fit(resumed, examples, recipe, seed=3, checkpoint_manager=CheckpointManager(folder))
    return differing(weights(whole), weights(resumed))


@pytest.fixture
def model():
    return build(BERT, RESNET)
