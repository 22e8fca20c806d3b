"""Needs of a run, checked before its first node: files, devices, libraries, encoders."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shopclip.catalogue.locations import on_disk
from shopclip.dualencoder.encoder_config import TextEncoder
from shopclip.errors import ShopclipError, suggest
from shopclip.parameters import Pair
from shopclip.parameters.check import section
from shopclip.parameters.messages import ParameterError
from shopclip.tables.ground_truth import Benchmark

EMBEDDINGS = ("image_embeddings", "text_embeddings", "query_embeddings")


class NeedError(ShopclipError):
    """A run would not get to its end: something that a later node needs is not there."""


def check_needs(outputs: Collection[str], parameters: Mapping[str, Any]) -> None:
    """Accept what a run has before it, or say what is missing.

    Torch is imported only for a run that will train or embed.

    Args:
        outputs: datasets that the run will make, by which it is known what it will do.
        parameters: checked ones.

    Raises:
        ShopclipError: of the kind that the node would have raised, had it come so far.
    """
    for need in (_files, _libraries, _towers):
        need(set(outputs), parameters)


def _files(outputs: set[str], parameters: Mapping[str, Any]) -> None:
    if "raw_catalogue" in outputs:
        on_disk(section(parameters, "catalogue").path)
    for name, is_read in (
        ("splits", "splits" in outputs),
        ("evaluation", "queries" in outputs or any(_of(outputs, "{}.benchmark", parameters))),
    ):
        if is_read and (file := section(parameters, name).benchmark) is not None:
            Benchmark.read(Path(file), parameter=f"{name}.benchmark")


def _libraries(outputs: set[str], parameters: Mapping[str, Any]) -> None:
    engine = "image_store" in outputs or _trains(outputs, parameters) or _embeds(outputs)
    if engine and section(parameters, "engine").kind == "ray" and find_spec("ray") is None:
        raise NeedError("engine.kind is ray, which takes: pip install -e '.[ray]'")
    if find_spec("peft") is None:
        for name in _trains(outputs, parameters):
            pair = Pair.model_validate(parameters["pairs"][name])
            recipe = section(parameters, "training").recipe_for(pair)
            if recipe.epochs and "lora" in (recipe.text_mode, recipe.image_mode):
                raise NeedError(
                    f"pairs.{name}: text_mode or image_mode is lora, which takes: "
                    "pip install -e '.[lora]'"
                )
    if any(_of(outputs, "{}.index", parameters)):
        index = section(parameters, "index")
        needed = ("pymilvus",) if "://" in index.uri else ("pymilvus", "milvus_lite")
        missing = [name for name in needed if find_spec(name) is None]
        if index.kind == "milvus" and missing:
            raise NeedError(
                f"index.kind is milvus, but {', '.join(missing)} is not installed: "
                "pip install -e '.[milvus]'"
            )


def _towers(outputs: set[str], parameters: Mapping[str, Any]) -> None:
    pairs = _trains(outputs, parameters)
    if not pairs and not _embeds(outputs):
        return
    from shopclip.dualencoder.devices import check_device

    training = section(parameters, "training")
    if section(parameters, "engine").kind == "local":  # a cluster has devices of its own
        check_device(training.device)
    if not pairs:
        return
    from shopclip.dualencoder.encoder_check import check_image_encoder, check_text_encoder
    from shopclip.dualencoder.public_models import check_public_model

    size, width, checked = section(parameters, "images").size.pixels, training.embed_dim, set()
    for name in pairs:
        pair = Pair.model_validate(parameters["pairs"][name])
        if pair.ensemble is not None:
            continue  # its members are trained, or lie there
        if pair.public is not None:
            try:
                check_public_model(pair.public)
            except ShopclipError as error:
                raise ParameterError(_at(f"pairs.{name}", error)) from error
            continue
        text, image = pair.towers
        for side, spec in (("text", text), ("image", image)):
            if (key := repr(spec)) in checked:
                continue
            checked.add(key)
            try:
                if isinstance(spec, TextEncoder):
                    check_text_encoder(spec, embed_dim=width)
                else:
                    check_image_encoder(spec, size, embed_dim=width)
            except ShopclipError as error:
                raise ParameterError(_at(f"pairs.{name}.{side}", error)) from error


def _at(key: str, error: ShopclipError) -> str:
    """What is wrong with a key, or with one below it that the error names itself."""
    inside = str(error).startswith(("config", "name:"))
    return f"{key}.{error}" if inside else f"{key}: {error}"


def _trains(outputs: set[str], parameters: Mapping[str, Any]) -> list[str]:
    """The pairs whose towers the run will build.

    Raises:
        ParameterError: tuning is to choose among pairs that are not configured.
    """
    names = [
        *_of(outputs, "{}.dual_encoder", parameters),
        *_of(outputs, "{}.preflight", parameters),
    ]
    if not outputs & {"trials", "tuned_comparison"}:
        return names
    pairs = parameters["pairs"]
    tuned = section(parameters, "tuning").pairs or list(pairs)
    for name in tuned:
        if name not in pairs:
            raise ParameterError(
                f"tuning.pairs names {name!r}: there is no such pair; {suggest(name, pairs)}"
            )
    return [*names, *tuned]


def _embeds(outputs: set[str]) -> bool:
    return any(name.endswith(EMBEDDINGS) for name in outputs)


def _of(outputs: set[str], pattern: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    """The pairs of which this dataset will be made."""
    return (name for name in parameters["pairs"] if pattern.format(name) in outputs)
