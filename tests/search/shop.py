"""A small shop as the pipelines leave it: pictures, towers, embeddings and an index."""

import numpy as np
import pandas as pd

from shopclip.files.image_store import ImageStore, ImageStream, write_image_store
from shopclip.search.index.build import build
from shopclip.search.index.protocol import IndexSettings
from shopclip.search.manifest import write_leaderboard, write_pair
from tests.dualencoder.conftest import BERT, RESNET, VIT
from tests.dualencoder.conftest import build as build_towers

COUNT = 240
SIZE = (40, 30)
COLOURS = {"Red": (220, 30, 30), "Green": (30, 180, 60), "Blue": (40, 60, 220), "Grey": (128,) * 3}
KINDS = ("Shirt", "Cap", "Shoe")


def example_table(count=COUNT):
    """Products of four colours and three kinds; three of four are trained on."""
    numbers = np.arange(count)
    colours = np.array(list(COLOURS))[numbers % 4]
    kinds = np.array(KINDS)[numbers % 3]
    captions = [f"{c} {k} {n % 40}" for c, k, n in zip(colours, kinds, numbers, strict=True)]
    return pd.DataFrame(
        {
            "id": pd.array([f"p{n}" for n in numbers], "str"),
            "row": numbers[::-1].astype("int64"),  # the store has another order than the table
            "caption_id": pd.factorize(pd.Series(captions))[0].astype("int64"),
            "split": pd.array(np.where(numbers // 12 % 4 == 3, "held_out", "train"), "str"),
            "caption": pd.array(captions, "str"),
            "gender": pd.array(
                [None if n % 7 == 0 else "Women" if n % 2 else "Men" for n in numbers], "string"
            ),
            "articleType": pd.array(kinds, "string"),
            "baseColour": pd.array(colours, "string"),
            "year": pd.array([None if n % 11 == 0 else 2010 + n % 5 for n in numbers], "Int64"),
            "usage": pd.array([None] * count, "string"),
        }
    )


def pixels_of(examples):
    """Flat colours with noise, uint8 (rows, *SIZE, 3), in the order of the store."""
    generator = np.random.default_rng(1)
    flat = np.array([COLOURS[colour] for colour in examples["baseColour"]])[:, None, None, :]
    noisy = flat + generator.integers(-25, 25, (len(examples), *SIZE, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)[np.argsort(examples["row"])]


def lay_out(project, *, image=RESNET, pair="tiny", settings=None):
    """The folders of a project with one trained-looking pair and its index; returns the model."""
    examples = example_table()
    data = project / "data"
    pixels = pixels_of(examples)
    ids = examples["id"].iloc[np.argsort(examples["row"])]
    stream = ImageStream(SIZE, zip(ids, pixels, strict=True))
    write_image_store(data / "05_model_input" / "image_store", stream)
    store = ImageStore.load(data / "05_model_input" / "image_store")
    model = build_towers(BERT, image, seed=3).eval()
    model.save(data / "06_models" / pair)
    output = data / "07_model_output" / pair
    build_index(output / "index", examples, store, model, pair, settings or IndexSettings())
    write_pair(
        data,
        pair,
        dual_encoder=data / "06_models" / pair,
        index=output / "index",
        image_store=data / "05_model_input" / "image_store",
    )
    write_leaderboard(data, data / "08_reporting" / "leaderboard.csv")
    return model


def build_index(folder, examples, store, model, pair="tiny", settings=None):
    return build(
        folder,
        pair=pair,
        examples=examples,
        image_embeddings=model.embed_images(store.images, examples["row"].to_numpy()),
        text_embeddings=model.embed_captions(list(examples["caption"])),
        pictures={"fingerprint": store.fingerprint, "size": store.images.shape[1:3]},
        settings=settings or IndexSettings(),
    )


__all__ = ["RESNET", "VIT"]
