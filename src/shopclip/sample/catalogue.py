"""The shop as a folder on disk."""

import csv
import shutil
from pathlib import Path

import numpy as np

from shopclip.catalogue.columns import COLUMNS
from shopclip.files.atomic import draft_of, sweep
from shopclip.sample.artist import draw_product
from shopclip.sample.assortment import Product, assort
from shopclip.sample.look import choose_look

PRODUCTS = 1600
"""How many a shop has when nobody says otherwise."""

VERSION = 2
"""To be raised whenever the same seed draws something else."""

_MARKER = "README.txt"
_TITLE = "A synthetic catalogue drawn by shopclip."
_JPEG_QUALITY = 90
# Tells the random stream of a product's picture from that of its row.
_PICTURE_STREAM = 1


def draw_catalogue(folder: Path, *, products: int = PRODUCTS, seed: int = 0) -> Path:
    """Draw a shop in the layout of Fashion Product Images (Small) and return its folder.

    Writes `styles.csv` and `images/<id>.jpg`, 60 pixels wide and 80 high. The folder appears
    all at once; one that already holds this very catalogue is left as it is.

    Raises FileExistsError if the folder holds anything else, and ValueError if `products` is
    less than 1 or `seed` is negative.
    """
    if products < 1:
        raise ValueError(f"a catalogue needs at least 1 product, not {products}")
    if seed < 0:
        raise ValueError(f"the seed must not be negative, but is {seed}")
    manifest = _manifest(products, seed)
    if _holds(folder, manifest):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    draft = draft_of(folder)
    try:
        _write(draft, assort(products, seed), seed)
        (draft / _MARKER).write_text(manifest, encoding="utf-8", newline="\n")
        try:
            draft.rename(folder)
        except OSError:
            # Another process may have finished first; its catalogue is as good as this one.
            if not _holds(folder, manifest):
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _manifest(products: int, seed: int) -> str:
    return (
        f"{_TITLE} No product, brand or picture in it is real.\n\n"
        f"products: {products}\nseed: {seed}\nversion: {VERSION}\n"
    )


def _holds(folder: Path, manifest: str) -> bool:
    """Whether the folder is the catalogue of this manifest; FileExistsError if it is another."""
    if not folder.exists():
        return False
    try:
        text = (folder / _MARKER).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    if text == manifest:
        return True
    what = (
        "another catalogue" if text.startswith(_TITLE) else "something other than a drawn catalogue"
    )
    raise FileExistsError(f"{folder} already holds {what}; choose another folder or move it away")


def _write(folder: Path, assortment: list[Product], seed: int) -> None:
    images = folder / "images"
    images.mkdir(parents=True)
    with (folder / "styles.csv").open("w", encoding="utf-8", newline="") as styles:
        writer = csv.writer(styles, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(product.row for product in assortment)
    for index, product in enumerate(assortment):
        look = choose_look(product, np.random.default_rng((seed, index, _PICTURE_STREAM)))
        picture = draw_product(product, look)
        picture.save(images / f"{product.id}.jpg", quality=_JPEG_QUALITY, subsampling=0)
