"""What an index must be, looked at before it is walked: a damaged graph ends the process."""

from __future__ import annotations

import math
from typing import Any

import faiss
import numpy as np
import pyarrow as pa

from shopclip.search.index.protocol import Facts, in_parts
from shopclip.search.products import ProductTable

MAX_DIMENSIONS = 65_536
MAX_COORDINATE = 1.01  # of a coordinate: vectors are L2-normalized


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
        _require(bool(np.abs(part).max() < MAX_COORDINATE), "a vector is no direction")


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
