"""Images a second from a catalogue to what a training step sees: our path and two peers.

    python benchmarks/preprocessing.py --catalogue ../fashion-product-images-small

Without `--catalogue` it takes the folder or file of SHOPCLIP_CATALOGUE, or draws the sample. All
paths start from the same encoded bytes and run one after the other, the best of `--repeats` counts.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from shopclip.catalogue import Catalogue, open_catalogue
from shopclip.dualencoder.pixels import to_pixel_values
from shopclip.files.image_store import ImageStore, write_image_store
from shopclip.parameters import CatalogueParameters, ImageParameters, Size
from shopclip.pipelines.ingestion.nodes import check_products
from shopclip.pipelines.preprocessing.nodes import decode_images
from shopclip.sample import draw_catalogue

RESULTS = Path(__file__).parent / "results" / "preprocessing.json"
STORED, SEEN = (80, 60), (224, 224)
BATCH = 64

Work = Callable[[], int]  # does the work once and returns how many images came out


class PerItem(Dataset[torch.Tensor]):
    """What most training code does for every image of every epoch."""

    def __init__(self, encoded: list[bytes]) -> None:
        self.encoded = encoded
        self.transform = v2.Compose(
            [
                v2.Resize(SEEN),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize([0.5] * 3, [0.5] * 3),
            ]
        )

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, row: int) -> torch.Tensor:
        return self.transform(Image.open(io.BytesIO(self.encoded[row])).convert("RGB"))


def our_paths(catalogue: Catalogue, limit: int, folder: Path) -> dict[str, Work]:
    parameters = ImageParameters(
        stored=Size(height=STORED[0], width=STORED[1]), size=Size(height=SEEN[0], width=SEEN[1])
    )

    def store() -> int:
        products, _, _ = check_products(catalogue, CatalogueParameters(limit=limit))
        write_image_store(
            folder, decode_images(catalogue, products, parameters, CatalogueParameters())
        )
        return len(ImageStore.load(folder))

    def tensors() -> int:
        return sum(len(batch) for batch in seen(ImageStore.load(folder).images))

    return {
        "ours: catalogue → store (once)": store,
        "ours: store → tensors (per epoch)": tensors,
        "ours: catalogue → store → tensors": lambda: min(store(), tensors()),
    }


def seen(images: np.ndarray) -> Iterator[torch.Tensor]:
    for start in range(0, len(images), BATCH):
        yield to_pixel_values(torch.from_numpy(images[start : start + BATCH].copy()), SEEN)


def peers(encoded: list[bytes]) -> dict[str, Work]:
    items = PerItem(encoded)
    loader = DataLoader(items, batch_size=BATCH, num_workers=2)
    return {
        "peer: PIL + torchvision, plain loop": lambda: sum(
            len(torch.stack([items[row] for row in range(start, min(start + BATCH, len(items)))]))
            for start in range(0, len(items), BATCH)
        ),
        "peer: the same, DataLoader, 2 workers": lambda: sum(len(batch) for batch in loader),
    }


def fastest(work: Work, repeats: int) -> float:
    """Images a second of the best run."""
    rates = []
    for _ in range(repeats):
        started = time.perf_counter()
        count = work()
        rates.append(count / (time.perf_counter() - started))
    return max(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalogue", default=os.environ.get("SHOPCLIP_CATALOGUE"))
    parser.add_argument("--limit", type=int, default=4000, help="images, drawn at random")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = options.catalogue or draw_catalogue(Path(scratch) / "sample")
        catalogue = open_catalogue(path)
        products, _, _ = check_products(catalogue, CatalogueParameters(limit=options.limit))
        encoded = list(catalogue.read_images(products["image"].tolist()))
        paths = {**our_paths(catalogue, options.limit, Path(scratch) / "store"), **peers(encoded)}
        rates = {}
        for name, work in paths.items():
            rates[name] = fastest(work, options.repeats)
            print(f"{name}: {rates[name]:,.0f} images/s", file=sys.stderr)
    write(rates, len(encoded), Path(path).name, options)


def write(
    rates: dict[str, float], images: int, catalogue: str, options: argparse.Namespace
) -> None:
    loop, loader = (rate for name, rate in rates.items() if name.startswith("peer"))
    print("\n| path | images/s | × plain loop | × DataLoader |\n|---|--:|--:|--:|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {rate / loop:.2f} | {rate / loader:.2f} |")
    print(f"\n{images} images of {catalogue}, best of {options.repeats}, {os.cpu_count()} cores")
    print(
        f"Ours, once: ingestion, decoding and the uint8 store at {STORED[0]} × {STORED[1]}. The\n"
        f"tensors and the peers: float32 [-1, 1] at {SEEN[0]} × {SEEN[1]}, in batches of {BATCH}."
    )
    facts = {
        "catalogue": catalogue,
        "images": images,
        "repeats": options.repeats,
        "cores": os.cpu_count(),
        "stored": STORED,
        "seen": SEEN,
        "batch": BATCH,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "images_per_second": {name: round(rate, 1) for name, rate in rates.items()},
        "times_plain_loop": {name: round(rate / loop, 2) for name, rate in rates.items()},
        "times_data_loader": {name: round(rate / loader, 2) for name, rate in rates.items()},
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
