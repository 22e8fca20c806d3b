"""An index in a vector database, for catalogues beyond one machine's memory.

Milvus, because the file that Milvus Lite keeps and the cluster of hundreds of millions of vectors
are spoken to by the same client: only the URI differs.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pyarrow as pa

from shopclip.files.atomic import atomic_file
from shopclip.printing import bare_address, mask_credentials
from shopclip.search.errors import SearchError
from shopclip.search.index.protocol import Facts, IndexSettings

if TYPE_CHECKING:
    from shopclip.search.products import ProductTable
    from shopclip.search.selection import Selection

FILE = "index_identity.json"  # beside the folder of the index, which every build replaces


@dataclass(frozen=True)
class Identity:
    """A random name of the place in which an index is built again and again.

    Attributes:
        name: part of the names of its collections.
        place: tells this folder from a copy, without saying where it is.
        exported: collections that an export answers from, and that stay when they are replaced.
    """

    name: str
    place: str
    exported: tuple[str, ...] = ()

    @classmethod
    def of(cls, index: Path) -> Identity:
        """That of the folder of an index; a new one where there is none, or it was copied.

        A folder that was moved counts as a copy: nobody knows whether another stayed behind.
        """
        index.parent.mkdir(parents=True, exist_ok=True)
        place = _place(index.parent)
        try:
            content = json.loads((index.parent / FILE).read_text("utf-8"))
            identity = cls(content["name"], content["place"], tuple(content["exported"]))
        except (OSError, ValueError, KeyError, TypeError):
            identity = None
        if identity is None or identity.place != place:
            identity = cls(uuid4().hex, place)
            identity._write(index)
        return identity

    def export(self, index: Path, collections: tuple[str, ...]) -> None:
        """Remember that these collections are needed by more than this index."""
        exported = tuple(sorted({*self.exported, *collections}))
        Identity(self.name, self.place, exported)._write(index)

    def _write(self, index: Path) -> None:
        with atomic_file(index.parent / FILE) as draft:
            draft.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def _place(folder: Path) -> str:
    """Of the path and of what the disk calls the folder, which no copy shares both of."""
    path_and_inode = f"{folder.resolve()}:{folder.stat().st_ino}"
    return hashlib.blake2b(path_and_inode.encode(), digest_size=8).hexdigest()


TOKEN = "SHOPCLIP_MILVUS_TOKEN"  # environment variable; a secret has no place in the configuration
URI = "SHOPCLIP_MILVUS_URI"  # environment variable: an index may come from anyone
BATCH = 2000  # vectors sent at a time
MAX_BREADTH = 32_768  # Milvus's own bound
LONGEST = 2000  # characters of an attribute's value


class MilvusIndex:
    """Over a collection, whose rows are `number`, `vector` and the attributes.

    Args:
        uri: of the database.
        collection: its name there.
        count: vectors in it.
        ef_search: candidates looked at when a query is answered.
    """

    def __init__(self, uri: str, collection: str, count: int, ef_search: int) -> None:
        self.client = connect(uri)
        self.collection = collection
        self.count = count
        self.ef_search = ef_search
        if not self.client.has_collection(collection):
            raise SearchError(
                f"{mask_credentials(uri)}: has no collection {collection}; build the index again: "
                "kedro run --pipelines indexing"
            )
        self.client.load_collection(collection)

    remedy = "tune the database's index"

    @classmethod
    def open_in(cls, folder: Path, name: str, count: int, facts: Facts) -> MilvusIndex:
        return cls(trusted(located(facts["uri"], folder)), name, count, facts["ef_search"])

    @classmethod
    def build_in(
        cls,
        folder: Path,
        name: str,
        vectors: np.ndarray,
        settings: IndexSettings,
        products: ProductTable | None = None,
    ) -> MilvusIndex:
        """Fill a new collection and index it; what bore its name before is replaced.

        The index is a graph (HNSW), and complete when this returns: until then a database compares
        all vectors, and would be measured better than it is.

        Args:
            name: of the collection.
            vectors: float32 (n, embed_dim), L2-normalised, may be memory-mapped.
            products: whose attributes can be filtered by.
        """
        client = connect(settings.uri)
        client.drop_collection(name)
        schema = _schema(client, vectors.shape[1], products)
        client.create_collection(name, schema=schema)
        for rows in _rows(vectors, products):
            client.insert(name, rows)
        client.flush(name)
        indexes = client.prepare_index_params()
        graph = {"M": settings.m, "efConstruction": settings.ef_construction}
        indexes.add_index("vector", index_type="HNSW", metric_type="IP", params=graph)
        client.create_index(name, indexes)
        return cls(settings.uri, name, len(vectors), settings.ef_search)

    def __len__(self) -> int:
        return self.count

    def search(
        self, queries: np.ndarray, k: int, among: Selection | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        similarities = np.full((len(queries), k), -np.inf, dtype=np.float32)
        numbers = np.full((len(queries), k), -1, dtype=np.int64)
        share = 1.0 if among is None else float(among.mask.mean())
        if not share:
            return similarities, numbers
        # So many candidates that, on average, as many as without a filter fit it.
        breadth = min(MAX_BREADTH, int(max(self.ef_search, k) / share))
        answers = self.client.search(
            self.collection,
            data=list(queries),
            limit=k,
            filter=among.expression if among else "",
            search_params={"metric_type": "IP", "params": {"ef": breadth}},
            consistency_level="Strong",
        )
        for row, hits in enumerate(answers):
            similarities[row, : len(hits)] = [hit["distance"] for hit in hits]
            numbers[row, : len(hits)] = [hit["number"] for hit in hits]
        return similarities, numbers

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        wanted_numbers = [int(number) for number in numbers]
        rows = self.client.get(self.collection, wanted_numbers, output_fields=["number", "vector"])
        vectors = {row["number"]: row["vector"] for row in rows}
        return np.array([vectors[number] for number in wanted_numbers], dtype=np.float32)


def located(uri: str, folder: Path) -> str:
    """Where a database is whose URI, if it is a file, is relative to the index."""
    return uri if "://" in uri else str((folder / uri).resolve())


def trusted(uri: str) -> str:
    """Where to connect to for the URI of an index: a file, or the server that the user names.

    The token of the user must not go to whatever address somebody wrote into an index. Whatever
    lets the user in, such as a password in the URI, is the user's own to give.

    Raises:
        SearchError: it is a server, and not the one of `SHOPCLIP_MILVUS_URI`.
    """
    if "://" not in uri:
        return uri
    configured = os.environ.get(URI, "")
    if bare_address(configured) == bare_address(uri):
        return configured
    raise SearchError(
        f"the index lies in Milvus at {bare_address(uri)}; if you trust that address, name it: "
        f"{URI}={bare_address(uri)}"
    )


def connect(uri: str) -> Any:
    """A client of the database, which is told the user's token where it is a server.

    Raises:
        SearchError: the client is not installed, or nothing answers at the URI.
    """
    try:
        from pymilvus import MilvusClient
    except ModuleNotFoundError as error:
        raise SearchError(
            f"index.uri {mask_credentials(uri)}: pymilvus is not installed; "
            "pip install 'shopclip[milvus]'"
        ) from error
    try:
        token = os.environ.get(TOKEN, "") if "://" in uri else ""
        return MilvusClient(uri, token=token, timeout=10)
    except Exception as error:  # the client raises its own, gRPC's and the system's
        raise SearchError(
            f"index.uri {mask_credentials(uri)}: no Milvus answers there "
            f"({mask_credentials(str(error)[:200])}); give the path of a "
            f"file for Milvus Lite, or the address of a server, and its token in {TOKEN}"
        ) from error


def _schema(client: Any, dimensions: int, products: ProductTable | None) -> Any:
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("number", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimensions)
    for name in _filtered(products):
        kind = products.table.schema.field(name).type if products else None
        if pa.types.is_integer(kind):
            schema.add_field(name, DataType.INT64, nullable=True)
        elif pa.types.is_floating(kind):
            schema.add_field(name, DataType.DOUBLE, nullable=True)
        else:
            schema.add_field(name, DataType.VARCHAR, max_length=LONGEST * 4, nullable=True)
    return schema


def _filtered(products: ProductTable | None) -> tuple[str, ...]:
    return ("split", *products.attributes) if products else ()


def _rows(vectors: np.ndarray, products: ProductTable | None) -> Iterator[list[dict[str, Any]]]:
    columns = list(_filtered(products))
    for start in range(0, len(vectors), BATCH):
        part = np.asarray(vectors[start : start + BATCH], dtype=np.float32)
        rows_written = (
            products.table.select(columns).slice(start, BATCH).to_pylist()
            if products
            else [{} for _ in part]
        )
        yield [
            {"number": start + place, "vector": vector, **row}
            for place, (vector, row) in enumerate(zip(part, rows_written, strict=True))
        ]
