"""Nodes that prepare what training sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from shopclip.benchmark import Benchmark
from shopclip.catalogue import Catalogue, CatalogueError
from shopclip.catalogue.rejected import check_share, count_reasons
from shopclip.dualencoder.image_store import ImageStore, ImageStream
from shopclip.parameters import (
    CatalogueParameters,
    EngineParameters,
    ImageParameters,
    SplitParameters,
)
from shopclip.pipelines.preprocessing.decoding import decode_stream
from shopclip.pipelines.preprocessing.source import image_source
from shopclip.splitting import caption_keys, of_benchmark, split


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
        asked = of_benchmark(captions["id"], keys, Benchmark.read(Path(parameters.benchmark)))
        splits = splits.mask(asked, "held_out")
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
        from shopclip.pipelines.preprocessing.ray_decoding import decode_on_ray

        return ImageStream(
            size, decode_on_ray(raw_catalogue, products, size, engine.address), source
        )
    encoded = raw_catalogue.images(products["image"].tolist())
    return ImageStream(size, decode_stream(products["id"].tolist(), encoded, size), source)


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
