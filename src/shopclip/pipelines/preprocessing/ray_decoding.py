"""Pictures read and decoded by the workers of a Ray cluster, which Ray Data keeps busy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from shopclip.catalogue import Catalogue
from shopclip.dualencoder.image_store import Rejection
from shopclip.dualencoder.parallel.ray_cluster import connected
from shopclip.pipelines.preprocessing.decoding import Decoded, decode_one

BATCH = 256  # pictures a worker decodes at a time
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
            .repartition(-(-len(products) // BATCH))
            .map_batches(_decode, fn_args=(catalogue, size), batch_size=BATCH)
        )
        for batch in decoded.iter_batches(batch_size=None, batch_format="numpy"):
            yield from _pictures(batch)


def _decode(batch: Columns, catalogue: Catalogue, size: tuple[int, int]) -> Columns:
    encoded = catalogue.images(list(batch["image"]))
    decoded = [decode_one(picture, size) for picture in encoded]
    none = np.zeros((*size, 3), np.uint8)
    return {
        "id": batch["id"],
        "pixels": np.stack([none if isinstance(one, Rejection) else one for one in decoded]),
        "reason": np.array([getattr(one, "reason", "") for one in decoded], dtype=object),
        "detail": np.array([getattr(one, "detail", "") for one in decoded], dtype=object),
    }


def _pictures(batch: Columns) -> Iterator[tuple[str, Decoded]]:
    columns = (batch[name] for name in ("id", "pixels", "reason", "detail"))
    for id_, pixels, reason, detail in zip(*columns, strict=True):
        yield id_, Rejection(reason, detail) if reason else pixels
