"""Pictures embedded by the workers of a Ray cluster, which Ray Data keeps busy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from shopclip.dualencoder.parallel.examples_folder import file_of
from shopclip.dualencoder.parallel.ray_cluster import connected

if TYPE_CHECKING:
    from ray import ObjectRef

    from shopclip.dualencoder import DualEncoder, Ensemble

BATCH = 256  # pictures a worker embeds at a time
Columns = dict[str, np.ndarray]


class Embedder:
    """A worker: it has the model, and maps the store's file, which its machine must see."""

    def __init__(self, model: ObjectRef, file: str, device: torch.device) -> None:
        import ray

        self._model: DualEncoder | Ensemble = ray.get(model).to(device)
        self._images = np.load(file, mmap_mode="r", allow_pickle=False)

    def __call__(self, batch: Columns) -> Columns:
        return {"embedding": self._model.embed_images(self._images, batch["data"])}


def stream_images(
    model: DualEncoder | Ensemble,
    images: np.ndarray,
    rows: np.ndarray,
    *,
    device: torch.device,
    count: int,
    address: str | None,
) -> Iterator[np.ndarray]:
    """`DualEncoder.stream_images` by `count` workers of the cluster at an address, in order.

    Only numbers of rows go to them, and only embeddings come back.
    """
    file = file_of(images)
    assert file, "the pictures of an image store are mapped from a file"
    with connected(address, least_cpus=count + 1):
        import ray

        ray.data.DataContext.get_current().execution_options.preserve_order = True
        embedded = ray.data.from_numpy(rows).map_batches(
            Embedder,
            fn_constructor_args=(ray.put(model.cpu()), str(file), device),
            batch_size=BATCH,
            concurrency=count,
            num_gpus=1 if device.type == "cuda" else 0,
        )
        for batch in embedded.iter_batches(batch_size=None):
            yield np.asarray(batch["embedding"])
