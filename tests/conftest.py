"""Catalogues on disk that many tests read."""

import csv
import io
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

# No test may wait for a hub or report to anybody; set before any library reads them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["DO_NOT_TRACK"] = "true"
# Towers this small wait for a second thread longer than it helps; and tests run side by side.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings
from jaxtyping import install_import_hook

# The shapes in the annotations of these modules are checked at every call of a test.
CHECKED = [
    *("metrics.ranks", "metrics.geometry", "metrics.retrieval"),
    *("dualencoder.losses", "dualencoder.attribute_heads"),
]
install_import_hook([f"shopclip.{name}" for name in CHECKED], "beartype.beartype")

from shopclip.catalogue.columns import COLUMNS

# pytest tests/test_fuzz.py --hypothesis-profile=fuzz
settings.register_profile("fuzz", max_examples=3000, deadline=None)


def jpeg(colour, size=(60, 80)):
    """A flat picture, width and height in pixels, encoded."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, format="JPEG")
    return buffer.getvalue()


def row(id_, caption="Arden Men Red Shirt", **attributes):
    """A row of a catalogue, with Kaggle's ten columns."""
    usual = {
        "gender": "Men",
        "masterCategory": "Apparel",
        "subCategory": "Topwear",
        "articleType": "Shirts",
        "baseColour": "Red",
        "season": "Fall",
        "year": "2012",
        "usage": "Casual",
    }
    return {"id": str(id_), **usual, **attributes, "productDisplayName": caption}


def write_kaggle(folder, rows, images=None):
    """A Kaggle folder; every row gets a picture unless `images` says which do."""
    (folder / "images").mkdir(parents=True)
    with (folder / "styles.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for number, one in enumerate(rows):
        if images is None or one["id"] in images:
            shade = (number * 40 % 256, number * 90 % 256, 120)
            (folder / "images" / f"{one['id']}.jpg").write_bytes(jpeg(shade))
    return folder


def write_hub(file, rows, images):
    """A parquet file in the hub layout."""
    columns = {name: [one[name] for one in rows] for name in COLUMNS}
    columns["id"] = [int(id_) for id_ in columns["id"]]
    columns["image"] = [{"bytes": image, "path": None} for image in images]
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), file)
    return file


@pytest.fixture
def kaggle(tmp_path):
    rows = [row(10 + i, f"Arden Men Shirt {i}") for i in range(5)]
    return write_kaggle(tmp_path / "shop", rows)


def noise(count, height, width, seed=0):
    """Random pixels, uint8 (count, height, width, 3)."""
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
