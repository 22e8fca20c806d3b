"""A shop with attributes and embeddings, for what pairs are judged by besides captions."""

import numpy as np
import pandas as pd

COLOURS = ["Red", "Blue", "Black", "White", "Green"]
TYPES = ["Shirts", "Caps", "Heels"]


def unit(count, seed, embed_dim=8):
    rows = np.random.default_rng(seed).normal(size=(count, embed_dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def shop(count=120, held_out=3, seed=0):
    """Products of which every `held_out`-th caption is held out; two products share a caption."""
    generator = np.random.default_rng(seed)
    caption = np.arange(count) // 2
    some = generator.random(count)
    columns = {
        "id": [f"p{i}" for i in range(count)],
        "row": range(count),
        "caption_id": caption,
        "split": np.where(caption % held_out == 0, "held_out", "train"),
        "caption": [f"Caption {i}" for i in caption],
        "gender": generator.choice(["Men", "Women"], count),
        "masterCategory": generator.choice(["Apparel", "Footwear"], count, p=[0.8, 0.2]),
        "subCategory": generator.choice(["Topwear", "Headwear", "Shoes"], count),
        "articleType": generator.choice(TYPES, count),
        "baseColour": np.where(some < 0.1, None, generator.choice(COLOURS, count)),
        "season": generator.choice(["Fall", "Summer"], count),
        "usage": np.where(some > 0.9, " ", "Casual"),
    }
    return pd.DataFrame(columns)
