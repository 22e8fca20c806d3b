"""From embeddings to a folder that a search opens: written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shopclip.files.atomic import atomic_folder
from shopclip.files.integrity import digests
from shopclip.printing import bare_address
from shopclip.search.calibration import calibrate
from shopclip.search.errors import SearchError
from shopclip.search.index.faiss import ExactIndex
from shopclip.search.index.milvus import Identity
from shopclip.search.index.opened import FACTS, FORMAT
from shopclip.search.index.protocol import Facts, IndexSettings, VectorIndex, in_parts, kind_of
from shopclip.search.products import ProductTable

if TYPE_CHECKING:
    import pandas as pd

NEAREST = 10
QUERIES = 1000  # at most, evenly drawn


def measure(index: VectorIndex, vectors: np.ndarray, queries: np.ndarray) -> Facts:
    """Recall@10 against the exact search over the same vectors.

    A vector found counts if it is as similar as the tenth exact one, so that products with equal
    pictures do not count as missed.

    Args:
        vectors: float32 (n, dimensions), what the index was built from.
        queries: float32 (m, dimensions), from the other tower: what the index will be asked.

    Returns:
        `k`, `queries`, `recall`.
    """
    k = min(NEAREST, len(vectors))
    drawn = np.unique(np.linspace(0, len(queries) - 1, QUERIES).astype(int))
    sample = np.ascontiguousarray(queries[drawn], dtype=np.float32)
    exact, _ = ExactIndex.build(vectors).search(sample, k)
    similarities, numbers = index.search(sample, k)
    hits = (similarities >= exact[:, -1:] - 1e-6) & (numbers >= 0)
    return {"k": k, "queries": len(drawn), "recall": round(float(hits.mean()), 4)}


def refuse_below(facts: Facts, settings: IndexSettings, what: str) -> None:
    """Raises:
    SearchError: the recall is less than `settings.min_recall`.
    """
    if facts["recall"] < settings.min_recall:
        raise SearchError(
            f"the {settings.kind} index of {what} finds {facts['recall']:.1%} of the exact ten "
            f"nearest, expected at least {settings.min_recall:.1%} (index.min_recall); "
            f"{kind_of(settings.kind).remedy}, or take index.kind: exact"
        )


logger = logging.getLogger(__name__)


def build(
    folder: Path,
    *,
    pair: str,
    examples: pd.DataFrame,
    image_embeddings: np.ndarray,
    text_embeddings: np.ndarray,
    pictures: Mapping[str, object],
    settings: IndexSettings,
) -> Facts:
    """Build the index of the pictures and that of the captions, measure them and write both.

    Args:
        folder: what it replaces when all went well.
        examples: of the table `examples`, a row an embedding.
        image_embeddings, text_embeddings: L2-normalised float32 (examples, dimensions).
        pictures: `fingerprint` and `size` (height, width) of the image store.

    Returns:
        What `index.json` in the folder says.

    Raises:
        SearchError: the embeddings are not those of the examples, or the recall is too low.
    """
    _check_rows(pair, examples, image_embeddings, text_embeddings)
    started = time.perf_counter()
    identity = Identity.of(folder) if settings.kind == "milvus" else None
    names = collections(
        pair, image_embeddings, text_embeddings, of=identity.name if identity else ""
    )
    products = ProductTable.of(examples)
    first = ~examples["caption_id"].duplicated().to_numpy()
    of_captions = np.ascontiguousarray(text_embeddings[first], dtype=np.float32)
    with atomic_folder(folder) as draft:
        products.save(draft / "products.arrow")
        ProductTable.of(examples.loc[first, ["id", "caption"]]).save(draft / "captions.arrow")
        kind = kind_of(settings.kind)
        images = kind.build_in(draft, names["images"], image_embeddings, settings, products)
        captions = kind.build_in(draft, names["captions"], of_captions, settings)
        asked_of = {
            "images": measure(images, image_embeddings, of_captions),
            "captions": measure(captions, of_captions, image_embeddings),
        }
        for what, measured in asked_of.items():
            refuse_below(measured, settings, what)
        facts: Facts = {
            "format": FORMAT,
            "pair": pair,
            "kind": settings.kind,
            "uri": _portable(settings.uri, folder) if settings.kind == "milvus" else None,
            "ef_search": settings.ef_search,
            "collections": names,
            "identity": identity.name if identity else None,
            "products": len(images),
            "captions": len(captions),
            "dimensions": int(image_embeddings.shape[1]),
            "pictures": dict(pictures),
            "recall": {**asked_of, "least": settings.min_recall},
            "calibration": calibrate(products, image_embeddings),
            "seconds": round(time.perf_counter() - started, 2),
            "files": digests(draft),
        }
        (draft / FACTS).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
        replaced = _read_facts(folder)
    _drop(folder, replaced, kept=facts, identity=identity, uri=settings.uri)
    return facts


def collections(pair: str, *embeddings: np.ndarray, of: str = "") -> dict[str, str]:
    """Names of the two indexes, of their own for these very embeddings.

    So that a database goes on answering from the old ones until the new ones are complete.

    Args:
        of: the identity of the index, where others may have the same embeddings in the same place.
    """
    digest = hashlib.blake2b(of.encode(), digest_size=8)
    for part in chain.from_iterable(map(in_parts, embeddings)):
        digest.update(part.data)
    return {what: f"shopclip_{pair}_{what}_{digest.hexdigest()}" for what in ("images", "captions")}


def _read_facts(folder: Path) -> Facts:
    try:
        return json.loads((folder / FACTS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _portable(uri: str, folder: Path) -> str:
    """A file's path as seen from the index, so that a project may be moved or copied.

    Of a server the address alone: an index is handed on, a password is not.
    """
    return bare_address(uri) if "://" in uri else os.path.relpath(uri, folder)


def _drop(
    folder: Path, replaced: Facts, *, kept: Facts, identity: Identity | None, uri: str
) -> None:
    """Remove the collections of the index that was there before, which nothing names any more.

    Those that another index may answer from stay: the one that this was copied from, an export, or
    one that tells no identity because an earlier version built it.
    """
    if replaced.get("kind") != "milvus":
        return
    before = replaced["uri"]
    is_same = kept["uri"] == (bare_address(before) if "://" in before else before)
    in_use = kept["collections"].values() if is_same else ()
    unused = set(replaced["collections"].values()) - set(in_use)
    owner = identity or Identity.of(folder)
    needed = unused if replaced.get("identity") != owner.name else unused & set(owner.exported)
    if needed:
        logger.warning(
            "%s: collections of the index before may be another index's, and are left in the "
            "database; drop them if they are nobody's: %s",
            folder,
            ", ".join(sorted(needed)),
        )
    if needed == unused:
        return
    from shopclip.search.index.milvus import connect, located, trusted

    client = connect(uri if is_same else trusted(located(before, folder)))
    for name in unused - needed:
        client.drop_collection(name)


def _check_rows(pair: str, examples: pd.DataFrame, *embeddings: np.ndarray) -> None:
    counted = [len(examples), *map(len, embeddings)]
    if len(set(counted)) > 1 or not counted[0]:
        raise SearchError(
            f"{pair}: {counted[0]} examples, {counted[1]} image and {counted[2]} text embeddings; "
            "expected as many of each, and one at least; run "
            "kedro run --pipelines embedding,indexing"
        )
