"""What evaluation leaves of answers: breakdowns, maps, hubs."""

from __future__ import annotations

import numpy as np
import pandas as pd

CATEGORIES = ("Apparel", "Footwear", "Bags", "Belts", "Hats", "Socks", "Ties")
COUNTS = (9, 8, 7, 6, 5, 3, 2)  # products of each
GROUPS = {
    "masterCategory": {"Apparel": 60, "Footwear": 39, "other": 1},
    "caption_frequency": {"1": 90, "3-5": 10},
}


def breakdown_of(share):
    """The score falls from group to group, and is a little higher from text to image."""
    rows = [
        {
            "by": by,
            "group": group,
            "direction": direction,
            "queries": queries,
            "mrr_at_10": share / (place + 1) + more,
            "low": share / (place + 1) + more - 0.02,
            "high": share / (place + 1) + more + 0.04,
        }
        for by, groups in GROUPS.items()
        for place, (group, queries) in enumerate(groups.items())
        for direction, more in (("image_to_text", 0.0), ("text_to_image", 0.01))
    ]
    return pd.DataFrame(rows)


def map_of(seed):
    """Products of seven categories, the first ones commoner; texts lie to the right of images."""
    generator, products = np.random.default_rng(seed), sum(COUNTS)
    numbers = np.repeat(range(len(CATEGORIES)), COUNTS)
    columns = {
        "id": [f"p{number}" for number in range(products)],
        "category": np.array(CATEGORIES)[numbers],
    }
    towers = []
    for tower, right in (("image", 0.0), ("text", 1.0)):
        x, y = generator.normal(size=(2, products)) * [[0.2], [0.1]]
        towers.append(pd.DataFrame({**columns, "tower": tower, "x": x + right, "y": y}))
    return pd.concat(towers, ignore_index=True).assign(x_share=0.345, y_share=0.123)


def hubs_of(examples, found):
    """The first products, found so many times where chance is 2.5 of 10 captions."""
    hubs = examples.head(len(found))[["id", "row", "caption"]].assign(found=found)
    hubs.insert(0, "place", range(1, len(found) + 1))
    return hubs.assign(captions=10, gallery=40, chance=2.5)
