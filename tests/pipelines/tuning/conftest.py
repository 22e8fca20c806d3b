"""A few coloured products, and towers so small that a trial takes a moment."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from shopclip.files.image_store import ImageStore
from shopclip.parameters import CaptionParameters, ImageParameters, Pair, TrainingParameters
from shopclip.parameters.tuning import TuningParameters
from tests.dualencoder.conftest import BERT, GPT, RESNET

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 220), "grey": (128,) * 3}
KINDS = ["shirt", "shoe", "bag", "watch", "scarf", "belt", "hat", "sock"]
PAIRS = {"bert_resnet": Pair(text=BERT, image=RESNET), "gpt_resnet": Pair(text=GPT, image=RESNET)}
SIZE = {"height": 24, "width": 16}


@dataclass
class Shop:
    """What the nodes are given."""

    examples: pd.DataFrame
    image_store: ImageStore
    training: TrainingParameters
    images: ImageParameters
    captions: CaptionParameters


@pytest.fixture(scope="session")
def shop():
    """Four colours of eight things, two pictures each; 2 captions in 8 are kept out of training."""
    captions = [f"a {colour} {kind}" for colour in COLOURS for kind in KINDS for _ in range(2)]
    numbers = np.repeat(np.arange(32), 2)
    flat = np.repeat(np.array(list(COLOURS.values())), 16, axis=0)[:, None, None, :]
    noise = np.random.default_rng(0).integers(-20, 20, (64, 24, 16, 3))
    split = np.array(["train"] * 6 + ["validation", "held_out"])[numbers % 8]
    examples = pd.DataFrame(
        {
            "id": [str(number) for number in range(64)],
            "row": np.arange(64),
            "caption_id": numbers,
            "split": split,
            "caption": captions,
        }
    )
    store = ImageStore(np.clip(flat + noise, 0, 255).astype(np.uint8), None, None, "pictures")
    recipe = {"epochs": 2, "batch_size": 16, "text_learning_rate": 1e-3}
    return Shop(
        examples,
        store,
        TrainingParameters(recipe=recipe, embed_dim=16, device="cpu"),
        ImageParameters(stored=SIZE, size=SIZE),
        CaptionParameters(),
    )


def tuning_of(space=None, **settings):
    """Parameters of a small tuning."""
    space = {"text_learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}, **(space or {})}
    usual = {"trials": 4, "random_trials": 2}
    usual["pruning"] = {"startup_trials": 2, "warmup_epochs": 1}
    return TuningParameters.model_validate({**usual, **settings, "space": space})
