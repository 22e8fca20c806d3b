"""Nodes from products to what training sees."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from stat import S_ISREG
from typing import Any

import pandas as pd

from shopclip.catalogue import Catalogue, CatalogueError
from shopclip.catalogue.rejected import check_share, count_reasons
from shopclip.files.image_store import FORMAT, ImageStore, ImageStream
from shopclip.parameters import (
    CatalogueParameters,
    EngineParameters,
    ImageParameters,
    SplitParameters,
)
from shopclip.pipelines.preprocessing.decoding import decode_on_ray, decode_stream
from shopclip.tables.ground_truth import Benchmark
from shopclip.tables.splits import caption_keys, of_benchmark, split

ABSENT = b"absent"


def image_source(
    root: Path, columns: Mapping[Any, str], products: pd.DataFrame, size: tuple[int, int]
) -> str | None:
    """A fingerprint of the products' ids and image references, of the files behind them by size
    and time of change, and of the size and format that they are stored in.

    Args:
        root: folder or file of the catalogue, which the references start from.
        columns: what the catalogue calls its columns: another image column is another source.
        products: the columns `id` and `image`.
        size: stored height and width in pixels.

    Returns:
        SHA-256, hexadecimal; None when no reference leads to a file, because nobody can then tell
        whether the images have changed.
    """
    digest = hashlib.sha256(json.dumps([FORMAT, *size, sorted(columns.items())]).encode())
    folder = root if root.is_dir() else root.parent
    previous = None
    has_file = False
    for id_, reference in zip(products["id"], products["image"], strict=True):
        digest.update(json.dumps([id_, reference]).encode())
        file = reference.rpartition("#")[0]  # many rows of a parquet file are one file
        if file and file == previous:
            continue
        state = _state(folder / file) if file else ABSENT
        previous = file if state != ABSENT else None
        if state == ABSENT:
            state = _state(folder / reference)
        has_file |= state != ABSENT
        digest.update(state)
    return digest.hexdigest() if has_file else None


def _state(file: Path) -> bytes:
    try:
        state = file.stat()
    except OSError:
        return ABSENT
    return b"%d %d" % (state.st_size, state.st_mtime_ns) if S_ISREG(state.st_mode) else ABSENT


def number_captions(products: pd.DataFrame) -> pd.DataFrame:
    """Number the distinct captions: `id`, `caption_key` (normalised), `caption_id` (from 0)."""
    keys = caption_keys(products["caption"])
    return pd.DataFrame(
        {"id": products["id"], "caption_key": keys, "caption_id": pd.factorize(keys)[0]}
    )


def split_captions(captions: pd.DataFrame, parameters: SplitParameters) -> pd.DataFrame:
    """Say of each product whether it is to `train`, for `validation` or `held_out`: `id`, `split`.

    Raises:
        BenchmarkError: the file of `splits.benchmark` is missing or of another kind.
    """
    keys = captions["caption_key"]
    splits = split(keys, parameters.held_out, parameters.validation, parameters.seed)
    if parameters.benchmark:
        benchmark = Benchmark.read(Path(parameters.benchmark))
        splits = splits.mask(of_benchmark(captions["id"], keys, benchmark), "held_out")
    return pd.DataFrame({"id": captions["id"], "split": splits})


def decode_images(
    raw_catalogue: Catalogue,
    products: pd.DataFrame,
    catalogue_facts: dict[str, Any],
    parameters: ImageParameters,
    catalogue: CatalogueParameters,
    engine: EngineParameters,
) -> ImageStream:
    """Decode every product's image at the stored size, while the store is being written.

    Raises:
        CatalogueError: the catalogue is not the one that the products were read from, so that
            references may lead to other products' images.
    """
    if raw_catalogue.fingerprint() != catalogue_facts["fingerprint"]:
        raise CatalogueError(
            f"{raw_catalogue.path}: the catalogue changed after its products were read; read them "
            "again: kedro run --pipelines ingestion,preprocessing"
        )
    size = parameters.stored.pixels
    source = image_source(raw_catalogue.path, catalogue.columns, products, size)
    if engine.kind == "ray":
        decoded = decode_on_ray(raw_catalogue, products, size, engine.address)
    else:
        encoded = raw_catalogue.read_images(products["image"].tolist())
        decoded = decode_stream(products["id"].tolist(), encoded, size)
    return ImageStream(size, decoded, source)


def join_examples(
    products: pd.DataFrame,
    captions: pd.DataFrame,
    splits: pd.DataFrame,
    image_store: ImageStore,
    catalogue_facts: dict[str, Any],
    parameters: CatalogueParameters,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Products with an image, one example each, in the order of the store; and those without.

    Raises:
        CatalogueError: with these, more than `catalogue.max_rejected` of the rows are rejected.
    """
    rows = pd.DataFrame({"id": image_store.ids, "row": range(len(image_store))})
    numbered = captions[["id", "caption_id"]].merge(splits, on="id")
    examples = rows.merge(numbered, on="id").merge(products.drop(columns="image"), on="id")
    if examples.empty:
        raise CatalogueError(
            "no product of the catalogue has a readable image; the reasons stand in "
            "data/05_model_input/image_store/rejections.parquet"
        )
    rejected = image_store.rejections
    # With a limit, the drawn products stand for all usable ones.
    usable = catalogue_facts["usable"] / catalogue_facts["rows"]
    share = 1 - usable * (1 - len(rejected) / len(products))
    reasons = {**catalogue_facts["reasons"], **count_reasons(rejected)}
    check_share(share, parameters.max_rejected, reasons)
    return examples, rejected
