"""A catalogue as training sees it, read without Kedro: products, image store, splits, examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from shopclip.catalogue import Catalogue
from shopclip.catalogue.columns import CAPTION
from shopclip.catalogue.decode import UnreadableImageError, decode
from shopclip.dualencoder.examples import Examples
from shopclip.files.image_store import ImageStore, ImageStream, Rejection, write_image_store
from shopclip.tables.splits import caption_keys

STORED = (80, 60)  # height and width in the store, those of the source


@dataclass(frozen=True)
class Shop:
    """Products with their pictures, both as pixels and as a training loop of others finds them.

    Attributes:
        products: `id`, `caption`, `image`, `row` (of the store), `key` (see `caption_keys`).
        encoded: the bytes of each product's picture.
    """

    name: str
    products: pd.DataFrame
    store: ImageStore
    encoded: tuple[bytes, ...]

    @classmethod
    def read(cls, catalogue: Catalogue, folder: Path, limit: int | None = None) -> Shop:
        """Read so many products, and store their pictures in `folder`."""
        products = read_products(catalogue, limit)
        store = store_images(catalogue, products, folder)
        products = join(products, store)
        encoded = tuple(catalogue.read_images(products["image"].tolist()))
        return cls(catalogue.name, products, store, encoded)

    def examples(self, chosen: np.ndarray | slice = slice(None)) -> tuple[Examples, list[bytes]]:
        """The chosen products as examples, and the encoded picture of each."""
        products = self.products[chosen]
        return examples_of(products, self.store), [self.encoded[place] for place in products.index]


def read_products(catalogue: Catalogue, limit: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Products with a caption: `id`, `caption`, `image` (what the catalogue calls it).

    Args:
        limit: how many are drawn at random; all by default.
    """
    rows, _ = catalogue.rows()
    usable = rows[rows[CAPTION].str.strip() != ""].drop_duplicates("id")
    products = usable[["id", CAPTION, "image"]].rename(columns={CAPTION: "caption"})
    if limit is not None and limit < len(products):
        products = products.sample(limit, random_state=seed).sort_index()
    return products.reset_index(drop=True)


def store_images(catalogue: Catalogue, products: pd.DataFrame, folder: Path) -> ImageStore:
    """Decode the pictures of these products once, into a store."""
    write_image_store(folder, ImageStream(STORED, _decoded(catalogue, products)))
    return ImageStore.load(folder)


def join(products: pd.DataFrame, store: ImageStore) -> pd.DataFrame:
    """The products with a picture, in the order of the store, each with its `row` and its `key`."""
    rows = pd.DataFrame({"id": store.ids, "row": np.arange(len(store))})
    joined = rows.merge(products, on="id")
    return joined.assign(key=caption_keys(joined["caption"]))


def examples_of(products: pd.DataFrame, store: ImageStore) -> Examples:
    """These products as examples; those that share a caption share its number."""
    rows, keys = products["row"].to_numpy(), products["key"].to_numpy()
    return Examples.collect(store, rows, keys, products["caption"].tolist())


def _decoded(
    catalogue: Catalogue, products: pd.DataFrame
) -> Iterator[tuple[str, np.ndarray | Rejection]]:
    encoded = catalogue.read_images(products["image"].tolist())
    for id_, picture in zip(products["id"], encoded, strict=True):
        try:
            yield id_, decode(picture, STORED)
        except UnreadableImageError as error:
            yield id_, Rejection("unreadable image", str(error))
