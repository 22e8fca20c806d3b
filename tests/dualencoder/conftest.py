"""Towers so small that a test builds them in a moment."""

import numpy as np
import pytest

from shopclip.dualencoder import DualEncoder, Examples, ImageEncoder, TextEncoder

BERT = TextEncoder(
    config={
        "model_type": "bert", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 48, "max_position_embeddings": 32,
    },
    vocabulary=300,
)  # fmt: skip
GPT = TextEncoder(
    config={"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 32},
    vocabulary=300,
)
RESNET = ImageEncoder(
    config={
        "model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1],
        "layer_type": "basic",
    }
)  # fmt: skip
VIT = ImageEncoder(
    config={
        "model_type": "vit", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 48, "patch_size": 8,
    }
)  # fmt: skip

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 220), "grey": (128,) * 3}


@pytest.fixture(scope="session")
def examples():
    """Flat coloured pictures whose captions name their colour, 16 of each."""
    generator = np.random.default_rng(0)
    captions = tuple(f"a {colour} shirt" for colour in COLOURS)
    caption_ids = np.tile(np.arange(4), 16)
    flat = np.array(list(COLOURS.values()), dtype=np.int64)[caption_ids][:, None, None, :]
    noise = generator.integers(-20, 20, size=(64, 20, 16, 3))
    images = np.clip(flat + noise, 0, 255).astype(np.uint8)
    return Examples(images, np.arange(64), caption_ids.astype(np.int64), captions)


def build(text, image, seed=0):
    """A dual encoder of the small towers, 16-d, for 24 x 16 pixels."""
    captions = [f"a {colour} shirt" for colour in COLOURS]
    return DualEncoder.build(
        text, image, captions=captions, size=(24, 16), dimensions=16, seed=seed
    )


@pytest.fixture
def model():
    return build(BERT, RESNET)
