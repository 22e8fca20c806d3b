"""A shop's own CLIP, in use: pictures by text, by picture or by both; words for a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shopclip.search.description import Description, describe_vector
from shopclip.search.errors import (
    MAX_CHARACTERS,
    MAX_RESULTS,
    NotFoundError,
    QueryError,
    SearchError,
)
from shopclip.search.facets import Facets, count_values
from shopclip.search.index.opened import SearchIndex
from shopclip.search.locations import Location, find
from shopclip.search.pictures import Picture, read_picture
from shopclip.search.products import Product
from shopclip.search.selection import Selection, Where, select, unknown_values
from shopclip.search.towers import Towers, open_towers

CHECKED = 4  # captions, and pictures, that are embedded again when an index is opened
TOLERANCE = 1e-3  # between the cosine of a vector with itself and 1


@dataclass(frozen=True)
class Hit:
    """A product that was found.

    Attributes:
        similarity: cosine of the query and the product's picture, in [-1, 1].
    """

    product: Product
    similarity: float


class SearchEngine:
    """Answers queries about one catalogue with one pair. May be asked by several threads at once.

    Args:
        pair: its name.
        towers: that embed queries.
        index: of the catalogue's embeddings by the same towers.
        pictures: uint8 (rows, height, width, 3), the image store's, memory-mapped; None if absent.
    """

    def __init__(
        self, *, pair: str, towers: Towers, index: SearchIndex, pictures: np.ndarray | None
    ) -> None:
        self.pair = pair
        self.towers = towers
        self.index = index
        self.pictures = pictures
        self.size: tuple[int, int] = tuple(index.facts["pictures"]["size"])

    @classmethod
    def open(cls, folder: str | Path = ".", *, pair: str | None = None) -> SearchEngine:
        """Open what the pipelines left, or an export.

        Args:
            folder: of a project, of its `data`, or of an export.
            pair: by default the one that the leaderboard puts first.

        Raises:
            SearchError: something is missing or does not fit together; it says what to run.
            ProvenanceError: by the records of the runs, the index is of other towers or products.
            ModelError: the pair's towers are missing or damaged.
        """
        place = find(folder, pair)
        index = SearchIndex.open(place.index)
        pictures = _pictures(place.pictures, index) if place.pictures else None
        engine = cls(pair=place.pair, towers=open_towers(place), index=index, pictures=pictures)
        engine._check_vectors(place)
        return engine

    def search(
        self,
        text: str | None = None,
        image: Picture | None = None,
        *,
        weight: float = 0.5,
        k: int = 10,
        where: Where | None = None,
    ) -> list[Hit]:
        """The products whose pictures are nearest to a text, a picture, or both.

        Args:
            text: such as "women red kurta".
            image: bytes or path of a picture, or uint8 (height, width, 3).
            weight: of the text where there is a picture too, from 0 to 1.
            k: how many.
            where: attribute → value, list of values, or {"min": …, "max": …} for numbers; what
                no product has finds nothing, see `unknown_values`.

        Returns:
            At most k, nearest first; none if no product fits the filter.

        Raises:
            QueryError: the query is empty or beyond the limits; see `search/errors.py`.
        """
        count = _count(k)
        among = select(where, self.index.products)
        return self._hits(self._vector(text, image, weight), count, among)

    def similar(self, id: str, k: int = 10, *, where: Where | None = None) -> list[Hit]:
        """The products whose pictures are nearest to that of a product, itself left out.

        Raises:
            NotFoundError: there is no such product.
            QueryError: as in `search`.
        """
        count = _count(k)
        number = self.index.products.number(id)
        among = select(where, self.index.products)
        vector = self.index.images.vectors(np.array([number]))
        hits = self._hits(vector, count + 1, among)
        return [hit for hit in hits if hit.product.id != id][:count]

    def browse(self, k: int = 10, *, where: Where | None = None) -> list[Product]:
        """Products of all that fit a filter, evenly drawn over the catalogue; at most k.

        Raises:
            QueryError: as in `search`.
        """
        count = _count(k)
        among = select(where, self.index.products)
        fitting = np.arange(len(self.index.products))
        if among is not None:
            fitting = np.flatnonzero(among.mask)
        shown = min(count, len(fitting))
        drawn = np.arange(shown) * len(fitting) // max(shown, 1)
        return self.index.products.products(fitting[drawn].tolist())

    def facets(self, where: Where | None = None) -> Facets:
        """By attribute and value, how many products a filter would leave; see `count_values`.

        Raises:
            QueryError: as in `search`.
        """
        return count_values(self.index.products, select(where, self.index.products))

    def product(self, id: str) -> Product:
        """Raises:
        NotFoundError: there is no such product.
        """
        return self.index.products.products([self.index.products.number(id)])[0]

    def unknown_values(self, where: Where | None) -> list[str]:
        """What a filter asks for in vain: of each value that no product has, what there is instead.

        Args:
            where: one that `search` takes.
        """
        return unknown_values(where, self.index.products)

    def describe(self, image: Picture, *, k: int = 5) -> Description:
        """The captions nearest to a picture, and its most likely attributes.

        The scores of an attribute's values are the votes of the 50 nearest pictures that the pair
        was trained on, e^(20 × cosine) each. They are calibrated: temperature and smoothing were
        fitted on held-out products when the index was built, and `Attribute.error` says how far the
        scores of held-out products were off (see `calibration.calibrate`).

        Raises:
            QueryError: it is no picture, or beyond the limits.
        """
        vector = self.towers.embed_images(read_picture(image, self.size)[None])
        return describe_vector(vector, self.index, _count(k))

    def describe_product(self, id: str, *, k: int = 5) -> Description:
        """The same for the picture of a product, whose own vote counts if it was trained on."""
        number = self.index.products.number(id)
        vector = self.index.images.vectors(np.array([number]))
        return describe_vector(vector, self.index, _count(k))

    def picture(self, id: str) -> np.ndarray:
        """The picture of a product, uint8 (height, width, 3).

        Raises:
            NotFoundError: there is no such product, or no picture in an export.
        """
        number = self.index.products.number(id)
        if self.pictures is None:
            raise NotFoundError(f"{id}: the pictures were not exported (--pictures)")
        return self.pictures[self.index.products.table["row"][number].as_py()]

    def _check_vectors(self, place: Location) -> None:
        """See to it that the towers say of a few products what the index holds of them.

        Raises:
            SearchError: they do not.
        """
        checks: list[tuple[np.ndarray, np.ndarray]] = []
        numbers = _evenly_drawn(len(self.index.texts))
        captions = [product.caption for product in self.index.texts.products(numbers.tolist())]
        checks.append((self.towers.embed_captions(captions), self.index.captions.vectors(numbers)))
        if self.pictures is not None:
            numbers = _evenly_drawn(len(self.index.products))
            rows = self.index.products.table["row"].take(numbers).to_numpy()
            embedded = self.towers.embed_images(np.ascontiguousarray(self.pictures[rows]))
            checks.append((embedded, self.index.images.vectors(numbers)))
        again = (
            "export the pair again"
            if place.is_export
            else "make it again: kedro run --pipelines embedding,indexing"
        )
        for now, then in checks:
            if now.shape != then.shape or not (np.sum(now * then, axis=1) > 1 - TOLERANCE).all():
                raise SearchError(
                    f"{place.index}: not of the towers that lie there now, which say other "
                    f"things of its products; {again}"
                )

    def _vector(self, text: str | None, image: Picture | None, weight: float) -> np.ndarray:
        text = _checked(text)
        if text is None and image is None:
            raise QueryError("an empty query; give a text, a picture or both")
        if not 0 <= weight <= 1:
            raise QueryError(f"weight: {weight}, expected from 0 (the picture) to 1 (the text)")
        of_text = None if text is None else self.towers.embed_captions([text])
        if image is None:
            assert of_text is not None
            return of_text
        of_image = self.towers.embed_images(read_picture(image, self.size)[None])
        if of_text is None:
            return of_image
        mixed = weight * of_text + (1 - weight) * of_image
        return (mixed / np.linalg.norm(mixed).clip(1e-12)).astype(np.float32)

    def _hits(self, vector: np.ndarray, k: int, among: Selection | None) -> list[Hit]:
        if among is not None and among.is_empty:
            return []
        count = min(k, len(self.index.images))
        similarities, numbers = self.index.images.search(vector, count, among)
        valid = numbers[0] >= 0
        products = self.index.products.products(numbers[0][valid])
        return [Hit(*pair) for pair in zip(products, _cosines(similarities[0][valid]), strict=True)]


def _cosines(similarities: np.ndarray) -> Sequence[float]:
    return similarities.astype(np.float64).clip(-1, 1).round(6).tolist()


def _checked(text: str | None) -> str | None:
    """The text without white space around it; None if nothing is left."""
    if text is None:
        return None
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"text: {len(text)} characters, expected at most {MAX_CHARACTERS}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise QueryError("text: half of a surrogate pair; give valid Unicode") from error
    return text.strip() or None


def _evenly_drawn(count: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, CHECKED).astype(np.int64))


def _count(k: int) -> int:
    if not 1 <= k <= MAX_RESULTS:
        raise QueryError(f"k: {k}, expected from 1 to {MAX_RESULTS}")
    return int(k)


def _pictures(folder: Path, index: SearchIndex) -> np.ndarray:
    from shopclip.files.image_store import ImageStore

    store = ImageStore.load(folder)
    if store.fingerprint != index.facts["pictures"]["fingerprint"]:
        raise SearchError(
            f"{folder}: other pictures than those of the index; the catalogue changed since. Run "
            "kedro run --pipelines training,embedding,indexing"
        )
    if np.asarray(index.products.table["row"]).max(initial=-1) >= len(store.images):
        raise SearchError(
            f"{folder}: the index names more pictures than there are; build it again: "
            "kedro run --pipelines indexing"
        )
    return store.images
