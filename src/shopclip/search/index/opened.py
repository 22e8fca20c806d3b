"""A built index, opened from its folder; what can be memory-mapped is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from shopclip.dualencoder.file_digests import check_digests
from shopclip.dualencoder.formats import other_format
from shopclip.search.errors import SearchError
from shopclip.search.index.approximate import ApproximateIndex
from shopclip.search.index.exact import ExactIndex
from shopclip.search.index.protocol import Facts, VectorIndex
from shopclip.search.index.structure import (
    check_facts,
    check_flat,
    check_graph,
    check_products,
)
from shopclip.search.products import ProductTable

FACTS = "index.json"
FORMAT = 1
_DAMAGED = (
    OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ArithmeticError,
    MemoryError,
)  # fmt: skip
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
            if told := other_format(what, facts["format"], FORMAT, again):
                raise SearchError(told)
            # Before faiss and Arrow, which a damaged file can make end the process.
            check_digests(folder, facts.get("files", {}))
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


def located(uri: str, folder: Path) -> str:
    """Where a database is whose URI, if it is a file, is relative to the index."""
    return uri if "://" in uri else str((folder / uri).resolve())


def _index(folder: Path, what: str, facts: Facts) -> VectorIndex:
    name = facts["collections"][what]
    if facts["kind"] == "milvus":
        from shopclip.search.index.milvus import MilvusIndex, trusted

        count = facts["products" if what == "images" else what]
        uri = trusted(located(facts["uri"], folder))
        return MilvusIndex(uri, name, count, facts["search_breadth"])
    file = folder / f"{name}.faiss"
    if not file.is_file():  # faiss would say so in the words of C++
        raise FileNotFoundError(2, "missing", str(file))
    count, dimensions = facts["products" if what == "images" else what], facts["dimensions"]
    if facts["kind"] == "exact":
        exact = ExactIndex.open(file)
        check_flat(exact.flat, count, dimensions)
        return exact
    approximate = ApproximateIndex.open(file)
    check_graph(approximate.graph, count, dimensions, facts["search_breadth"])
    return approximate
