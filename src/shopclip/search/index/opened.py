"""A built index, opened from its folder; what can be memory-mapped is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from shopclip.files.integrity import check_digests, other_format
from shopclip.search.errors import SearchError
from shopclip.search.index.protocol import Facts, VectorIndex, kind_of
from shopclip.search.index.structure import check_facts, check_products
from shopclip.search.products import ProductTable

FACTS = "index.json"
FORMAT = 1
_DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    MemoryError,
)
_BUILD = "kedro run --pipelines indexing"


@dataclass(frozen=True)
class SearchIndex:
    """All that is needed to answer a vector.

    Attributes:
        products: in the order of `images`.
        images: the pictures' vectors.
        captions: the vectors of the distinct captions.
        texts: these captions, each with one product that bears it.
        facts: what `index.json` says.
    """

    products: ProductTable
    images: VectorIndex
    captions: VectorIndex
    texts: ProductTable
    facts: Facts

    @classmethod
    def open(cls, folder: Path) -> SearchIndex:
        """Raises:
        SearchError: the folder is missing, of another format, damaged, or its parts do not match.
        """
        try:
            facts = json.loads((folder / FACTS).read_text("utf-8"))
            what, again = f"{folder}: an index", f"build it again: {_BUILD}"
            if problem := other_format(what, facts["format"], FORMAT, again):
                raise SearchError(problem)
            # Before faiss and Arrow, which a damaged file can make end the process.
            check_digests(folder, facts.get("files", {}))
            facts = _present_names(facts)
            check_facts(facts)
            opened = cls(
                ProductTable.open(folder / "products.arrow"),
                _index(folder, "images", facts),
                _index(folder, "captions", facts),
                ProductTable.open(folder / "captions.arrow"),
                facts,
            )
            counted = (len(opened.products), len(opened.images), len(opened.texts))
            if counted != (facts["products"], facts["products"], facts["captions"]):
                raise SearchError(f"{folder}: its parts do not match; build it again: {_BUILD}")
            check_products(opened.products, opened.texts, facts)
            return opened
        except FileNotFoundError as error:
            raise SearchError(
                f"{folder}: no index here ({Path(error.filename or FACTS).name} is missing); "
                f"build it: {_BUILD}"
            ) from error
        except (*_DAMAGED, pa.ArrowException) as error:
            raise SearchError(f"{folder}: damaged, build it again: {_BUILD} ({error})") from error


def _present_names(facts: Facts) -> Facts:
    """Those of version 0.1 are read for one more release."""
    if "search_breadth" in facts:
        facts["ef_search"] = facts.pop("search_breadth")
    for fitted in facts["calibration"]["attributes"].values():
        if "doubt" in fitted:
            fitted["smoothing"] = fitted.pop("doubt")
    return facts


def _index(folder: Path, what: str, facts: Facts) -> VectorIndex:
    count = facts["products" if what == "images" else what]
    return kind_of(facts["kind"]).open_in(folder, facts["collections"][what], count, facts)
