"""Images decoded on this machine's cores, or by Ray."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
import pandas as pd
from tqdm import tqdm

from shopclip.catalogue import Catalogue
from shopclip.catalogue.decode import UnreadableImageError, decode
from shopclip.dualencoder.parallel.ray_cluster import connected
from shopclip.files.image_store import Rejection

Decoded = np.ndarray | Rejection
CORES = os.cpu_count() or 1
BATCH = 8  # images handed to a thread at a time: for a small one that takes half of its decoding
AHEAD = 4 * BATCH * CORES  # images in flight; bounds the memory


def decode_stream(
    ids: Sequence[str], encoded: Iterable[bytes], size: tuple[int, int]
) -> Iterator[tuple[str, Decoded]]:
    """Each id with its pixels, uint8 (*size, 3), or with the reason why there are none.

    Threads, because Pillow decodes outside of Python's lock, so that photographs use all cores.
    Thumbnails spend their time under it: some thousands a second, however many cores there are.
    """
    pending: deque[Future[list[tuple[str, Decoded]]]] = deque()
    pairs = zip(ids, encoded, strict=True)
    with (
        ThreadPoolExecutor(CORES) as pool,
        tqdm(total=len(ids), desc="decoding images", unit="img") as bar,
    ):
        while batch := list(islice(pairs, BATCH)):
            pending.append(pool.submit(_decode, batch, size))
            if len(pending) * BATCH >= AHEAD:
                yield from pending.popleft().result()
            bar.update(len(batch))
        for decoded in pending:
            yield from decoded.result()


def _decode(batch: list[tuple[str, bytes]], size: tuple[int, int]) -> list[tuple[str, Decoded]]:
    return [(id_, decode_one(encoded, size)) for id_, encoded in batch]


def decode_one(encoded: bytes, size: tuple[int, int]) -> Decoded:
    """The pixels, or why there are none."""
    try:
        return decode(encoded, size)
    except UnreadableImageError as error:
        return Rejection("unreadable image", str(error))


RAY_BATCH = 256  # images a worker decodes at a time
Columns = dict[str, np.ndarray]


def decode_on_ray(
    catalogue: Catalogue, products: pd.DataFrame, size: tuple[int, int], address: str | None
) -> Iterator[tuple[str, Decoded]]:
    """`decode_stream` by the cluster at an address, whose machines must see the catalogue.

    Only references go to its workers, and pixels come back.
    """
    references = products[["id", "image"]].astype(object)
    with connected(address):
        import ray

        ray.data.DataContext.get_current().execution_options.preserve_order = True
        decoded = (
            ray.data.from_pandas(references)
            .repartition(-(-len(products) // RAY_BATCH))
            .map_batches(_decode_rows, fn_args=(catalogue, size), batch_size=RAY_BATCH)
        )
        for batch in decoded.iter_batches(batch_size=None, batch_format="numpy"):
            yield from _unpack(batch)


def _decode_rows(batch: Columns, catalogue: Catalogue, size: tuple[int, int]) -> Columns:
    encoded = catalogue.read_images(list(batch["image"]))
    decoded = [decode_one(image, size) for image in encoded]
    blank = np.zeros((*size, 3), np.uint8)
    return {
        "id": batch["id"],
        "pixels": np.stack([blank if isinstance(one, Rejection) else one for one in decoded]),
        "reason": np.array([getattr(one, "reason", "") for one in decoded], dtype=object),
        "detail": np.array([getattr(one, "detail", "") for one in decoded], dtype=object),
    }


def _unpack(batch: Columns) -> Iterator[tuple[str, Decoded]]:
    columns = (batch[name] for name in ("id", "pixels", "reason", "detail"))
    for id_, pixels, reason, detail in zip(*columns, strict=True):
        yield id_, Rejection(reason, detail) if reason else pixels
