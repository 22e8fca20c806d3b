"""A built index, opened from its folder; what can be memory-mapped is."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa

from shopclip.files.integrity import check_digests, other_format
from shopclip.search.errors import SearchError
from shopclip.search.index.faiss import ApproximateIndex, ExactIndex
from shopclip.search.index.protocol import Facts, VectorIndex, in_parts
from shopclip.search.products import ProductTable

MAX_DIMENSIONS = 65_536
MOST = 1.01  # of a coordinate: vectors are L2-normalized


def check_facts(facts: Facts) -> None:
    """Raises:
    KeyError, TypeError, ValueError: `index.json` lacks something, or says what cannot be.
    """
    height, width = facts["pictures"]["size"]
    counts = [height, width, facts["products"], facts["captions"], facts["ef_search"]]
    _require(all(type(one) is int and one > 0 for one in counts), "its counts are none")
    _require(0 < facts["dimensions"] <= MAX_DIMENSIONS, "its vectors have no dimensions")
    _require(isinstance(facts["pictures"]["fingerprint"], str), "its pictures have no name")
    for name in facts["collections"].values():
        _require(name == name.strip("/\\.") and "/" not in name, "a part has the name of a path")
    for fitted in facts["calibration"]["attributes"].values():
        numbers = (fitted["scale"], fitted["smoothing"], fitted.get("error") or 0.0)
        _require(all(0 <= one < math.inf for one in numbers), "its calibration is no number")
        _require(fitted["smoothing"] <= 1, "its calibration is beyond 1")


def check_products(products: ProductTable, texts: ProductTable, facts: Facts) -> None:
    """Raises:
    KeyError, ValueError: a column is missing, or holds what no index has in it.
    """
    for table, columns in ((products, ("id", "caption", "split")), (texts, ("id", "caption"))):
        for name in columns:
            column = table.table[name]
            known = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            _require(known and not column.null_count, f"the column {name} is no text")
    rows = np.asarray(products.table["row"])
    _require(rows.dtype.kind == "i" and rows.min(initial=0) >= 0, "the rows are no numbers")
    for name in products.attributes:
        kind = products.table.schema.field(name).type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        _require(text or products.is_numeric(name), f"the attribute {name} is of no such kind")
    described = facts["calibration"]["attributes"]
    _require(set(described) <= set(products.attributes), "an attribute without a column")


def check_flat(flat: Any, count: int, dimensions: int) -> None:
    """Raises:
    ValueError: not the plain vectors that `index.json` tells of.
    """
    _require(isinstance(flat, faiss.IndexFlat), "its vectors are not plain ones")
    _require(flat.metric_type == faiss.METRIC_INNER_PRODUCT, "its vectors have another metric")
    _require((flat.ntotal, flat.d) == (count, dimensions), "its vectors are more or fewer")
    _require(flat.codes.size() == count * dimensions * 4, "some of its vectors are missing")
    vectors = faiss.rev_swig_ptr(flat.get_xb(), count * dimensions).reshape(count, dimensions)
    for part in in_parts(vectors):  # a comparison with no number is false
        _require(bool(np.abs(part).max() < MOST), "a vector is no direction")


def check_graph(graph: Any, count: int, dimensions: int, breadth: int) -> None:
    """Raises:
    ValueError: a link of the graph leads to no vector, or its lists overlap.
    """
    _require(isinstance(graph, faiss.IndexHNSWFlat), "its graph is of another kind")
    _require((graph.ntotal, graph.d) == (count, dimensions), "its graph is of other vectors")
    _require(graph.metric_type == faiss.METRIC_INNER_PRODUCT, "its graph has another metric")
    _require(graph.storage is not None, "its graph has no vectors")
    check_flat(faiss.downcast_index(graph.storage), count, dimensions)
    hnsw = graph.hnsw
    _require(hnsw.efSearch == breadth, "its graph has another breadth")
    levels, offsets, neighbors, summed = map(
        _array, (hnsw.levels, hnsw.offsets, hnsw.neighbors, hnsw.cum_nneighbor_per_level)
    )
    _require(len(levels) == count and len(offsets) == count + 1, "its graph lacks vectors")
    _require(levels.min() >= 1 and levels.max() < len(summed), "its graph has no such level")
    _require(bool((np.diff(summed) >= 0).all()) and summed[0] == 0, "its lists overlap")
    offsets, summed = offsets.astype(np.int64), summed.astype(np.int64)
    widths = summed[levels]
    _require(
        offsets[0] == 0
        and bool((np.diff(offsets) == widths).all())
        and offsets[-1] == len(neighbors),
        "its lists overlap",
    )
    _require(
        neighbors.min(initial=-1) >= -1 and neighbors.max(initial=-1) < count,
        "a link leads to no vector",
    )
    _require(0 <= hnsw.entry_point < count, "its graph has no entry")
    _require(hnsw.max_level == levels[hnsw.entry_point] - 1, "its graph has no such entry")
    _require(levels.max() - 1 == hnsw.max_level, "its graph has no such level")
    upper = levels > 1
    for number in np.flatnonzero(upper):  # one in thirty: whom a list names must have that level
        for level in range(1, levels[number]):
            start, end = offsets[number] + summed[level], offsets[number] + summed[level + 1]
            linked = neighbors[start:end]
            _require(bool((levels[linked[linked >= 0]] > level).all()), "a link leads to no level")


def _array(vector: Any) -> np.ndarray:
    """The memory of faiss's own vector, not copied; empty where there is none."""
    size = vector.size()
    return faiss.rev_swig_ptr(vector.data(), size) if size else np.zeros(0, np.int64)


def _require(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ValueError(otherwise)


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


def located(uri: str, folder: Path) -> str:
    """Where a database is whose URI, if it is a file, is relative to the index."""
    return uri if "://" in uri else str((folder / uri).resolve())


def _index(folder: Path, what: str, facts: Facts) -> VectorIndex:
    name = facts["collections"][what]
    if facts["kind"] == "milvus":
        from shopclip.search.index.milvus import MilvusIndex, trusted

        count = facts["products" if what == "images" else what]
        uri = trusted(located(facts["uri"], folder))
        return MilvusIndex(uri, name, count, facts["ef_search"])
    file = folder / f"{name}.faiss"
    if not file.is_file():  # faiss would say so in the words of C++
        raise FileNotFoundError(2, "missing", str(file))
    count, dimensions = facts["products" if what == "images" else what], facts["dimensions"]
    if facts["kind"] == "exact":
        exact = ExactIndex.open(file)
        check_flat(exact.flat, count, dimensions)
        return exact
    approximate = ApproximateIndex.open(file)
    check_graph(approximate.graph, count, dimensions, facts["ef_search"])
    return approximate
