"""What ingestion, splits and the image store's bookkeeping cost at a simulated number of products.

    python benchmarks/scale.py --catalogue ../fashion-product-images-small --products 10000 1000000

Draws a table of so many products from the rows of a given catalogue (that of SHOPCLIP_CATALOGUE, or
the sample), with ids of their own, and takes it through the steps of a run. Half of the captions
are given a number, so that the share of distinct ones stays about as it is. The store is written
from a few pictures decoded before, at 8 × 6 pixels, because only its bookkeeping is measured:
decoding is in benchmarks/preprocessing.py. Every step runs in a process of its own, so that its
peak of memory is its own.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

RESULTS = Path(__file__).parent / "results" / "scale.json"
SIZE = (8, 6)
PART = 50_000  # rows simulated at a time
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def simulate(catalogue: Path, products: int, folder: Path) -> None:
    """A parquet file in the hub's layout, written in parts, with rows drawn from a catalogue."""
    from shopclip.catalogue import open_catalogue
    from shopclip.catalogue.columns import CAPTION, COLUMNS

    given = open_catalogue(catalogue)
    rows, _ = given.rows()
    pictures = list(given.read_images(rows["image"].head(16).tolist()))
    generator = np.random.default_rng(0)
    writer = None
    for start in range(0, products, PART):
        count = min(PART, products - start)
        drawn = rows.iloc[generator.integers(0, len(rows), count)][list(COLUMNS)]
        drawn = drawn.assign(id=[str(start + row) for row in range(count)])
        numbered = generator.random(count) < 0.5
        drawn[CAPTION] = [
            f"{caption} {start + row}" if numbered[row] else caption
            for row, caption in enumerate(drawn[CAPTION])
        ]
        images = [{"bytes": pictures[row % 16], "path": None} for row in range(count)]
        table = pa.Table.from_pandas(drawn, preserve_index=False)
        table = table.append_column("image", pa.array(images, IMAGE))
        writer = writer or pq.ParquetWriter(folder / "shop.parquet", table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def ingest(folder: Path) -> None:
    from shopclip.catalogue import open_catalogue
    from shopclip.parameters import CatalogueParameters
    from shopclip.pipelines.ingestion.nodes import check_products

    products, *_ = check_products(open_catalogue(folder), CatalogueParameters())
    products.to_parquet(folder.parent / "products.parquet")


def validate(folder: Path) -> None:
    from shopclip.tables.schemas import Products

    Products.validate(pd.read_parquet(folder.parent / "products.parquet"))


def split(folder: Path) -> None:
    from shopclip.parameters import SplitParameters
    from shopclip.pipelines.preprocessing.nodes import number_captions, split_captions

    captions = number_captions(pd.read_parquet(folder.parent / "products.parquet"))
    captions.to_parquet(folder.parent / "captions.parquet")
    split_captions(captions, SplitParameters()).to_parquet(folder.parent / "splits.parquet")


def fingerprint(folder: Path) -> None:
    from shopclip.pipelines.preprocessing.nodes import image_source

    assert image_source(folder, pd.read_parquet(folder.parent / "products.parquet"), SIZE)


def store(folder: Path) -> None:
    from shopclip.files.image_store import ImageStream, write_image_store

    pictures = np.random.default_rng(0).integers(0, 256, (16, *SIZE, 3), dtype=np.uint8)
    ids = pd.read_parquet(folder.parent / "products.parquet", columns=["id"])["id"].tolist()
    images: Iterator[Any] = ((id_, pictures[row % 16]) for row, id_ in enumerate(ids))
    write_image_store(folder.parent / "store", ImageStream(SIZE, images))


def join(folder: Path) -> None:
    from shopclip.files.image_store import ImageStore
    from shopclip.pipelines.preprocessing.nodes import join_examples

    tables = [
        pd.read_parquet(folder.parent / f"{t}.parquet") for t in ("products", "captions", "splits")
    ]
    examples, _ = join_examples(*tables, ImageStore.load(folder.parent / "store"))
    examples.to_parquet(folder.parent / "examples.parquet")


def training(folder: Path) -> None:
    from shopclip.files.image_store import ImageStore
    from shopclip.parameters import CaptionParameters
    from shopclip.tables.training_examples import training_examples

    examples = pd.read_parquet(folder.parent / "examples.parquet")
    training_examples(
        examples, ImageStore.load(folder.parent / "store"), CaptionParameters(), seed=0
    )


def imports(folder: Path) -> None:
    """What every step begins with."""


STEPS = {
    "imports alone": imports,
    "check_products": ingest,
    "check the schema of products": validate,
    "number_captions, split_captions": split,
    "fingerprint of the store's source": fingerprint,
    "write the store's bookkeeping": store,
    "join_examples": join,
    "training_examples": training,
}


def measured(step: Callable[..., None], *arguments: Any) -> tuple[float, float]:
    """Seconds and peak MiB of a step in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(sender, step, arguments))
    process.start()
    sender.close()
    try:
        return receiver.recv()  # type: ignore[no-any-return]
    except EOFError:
        raise SystemExit(f"{step.__name__} failed") from None
    finally:
        process.join()


def _measure(sender: Any, step: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    imports(Path())
    started = time.perf_counter()
    step(*arguments)
    seconds = time.perf_counter() - started
    sender.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalogue", default=os.environ.get("SHOPCLIP_CATALOGUE"))
    parser.add_argument("--products", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    found: dict[str, dict[str, dict[str, float]]] = {}
    print("| step | products | s | µs a product | peak MiB |\n|---|--:|--:|--:|--:|")
    for products in options.products:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "catalogue"
            folder.mkdir()
            measured(simulate, _catalogue(options.catalogue, Path(scratch)), products, folder)
            for name, step in STEPS.items():
                seconds, peak = measured(step, folder)
                each = seconds / products * 1e6
                print(f"| {name} | {products:,} | {seconds:.2f} | {each:.1f} | {peak:,.0f} |")
                facts = {"seconds": round(seconds, 3), "peak_mib": round(peak)}
                found.setdefault(name, {})[str(products)] = facts
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=2) + "\n")


def _catalogue(given: str | None, scratch: Path) -> Path:
    from shopclip.sample import draw_catalogue

    return Path(given) if given else draw_catalogue(scratch / "sample")


if __name__ == "__main__":
    main()
