"""What an image encoder as YAML names it sees of a picture: its own, from scratch, or as asked."""

from __future__ import annotations

import logging
from typing import Any

from shopclip.dualencoder.encoder_config import ImageEncoder, Source
from shopclip.dualencoder.preprocessing import (
    HALF,
    NaFlexPatches,
    PixelValues,
    Preprocessing,
    PreprocessingError,
    Resample,
    normalization_of,
    size_of,
)
from shopclip.dualencoder.pretrained import is_open_clip, load_config, load_image_processor

logger = logging.getLogger(__name__)


def image_preprocessing(spec: ImageEncoder, size: tuple[int, int]) -> Preprocessing:
    """Size, mean and standard deviation of a pretrained encoder's own image processor.

    A tower is trained, so that it may well see the whole of a picture, squashed, where the
    processor would cut its middle out.

    Args:
        size: height and width in pixels for an encoder that has none of its own.

    Raises:
        EncoderUnavailableError: a pretrained encoder cannot be had.
    """
    mean, std = HALF, HALF
    resample: Resample = "bilinear"
    own: tuple[int, int] | None = None
    if (source := spec.source) is not None and is_open_clip(source):
        return _of_open_clip(spec, source)
    if source is not None:
        config, processor = load_config(source), load_image_processor(source)
        if processor is None:
            logger.warning(
                "%s has no preprocessor_config.json: pixels are scaled to [-1, 1]; give `mean` and "
                "`std` where it was trained with others",
                source.name,
            )
        elif hasattr(processor, "max_num_patches"):
            return _naflex(spec, processor)
        else:
            mean, std, resample = normalization_of(processor)
            own = _size(processor)
        own = own or _image_size(config)
    size = spec.size or own or size
    if spec.config is not None and spec.config["model_type"] == "siglip2_vision_model":
        patch = int(spec.config.get("patch_size", 16))
        patches = (size[0] // patch) * (size[1] // patch)
        return NaFlexPatches(patch, patches, spec.mean or mean, spec.std or std, resample)
    return _pixel_values(spec, size, spec.mean or mean, spec.std or std, resample)


def _of_open_clip(spec: ImageEncoder, source: Source) -> Preprocessing:
    from shopclip.dualencoder.open_clip_models import load_transform

    if spec.size or spec.mean or spec.std or spec.resize_mode != "auto":
        raise PreprocessingError(
            f"name: {source.name} prepares pictures as open_clip does; leave size, mean, std and "
            "resize_mode out"
        )
    return load_transform(source)


def _pixel_values(
    spec: ImageEncoder, size: tuple[int, int], mean: Any, std: Any, resample: Resample
) -> PixelValues:
    shortest = spec.resize_mode == "shortest"
    if shortest and size[0] != size[1]:
        raise PreprocessingError(
            f"resize_mode: shortest cuts a square out of a picture, and size is {size}; expected "
            "two equal numbers, or squash"
        )
    return PixelValues(size, mean, std, size[0] if shortest else None, resample)


def _naflex(spec: ImageEncoder, processor: Any) -> NaFlexPatches:
    mean, std, resample = normalization_of(processor)
    patches = processor.max_num_patches
    if spec.size is not None:
        patches = (spec.size[0] // processor.patch_size) * (spec.size[1] // processor.patch_size)
    return NaFlexPatches(
        processor.patch_size, patches, spec.mean or mean, spec.std or std, resample
    )


def _size(processor: Any) -> tuple[int, int] | None:
    try:
        return size_of(processor)
    except (PreprocessingError, AttributeError, TypeError):
        return None


def _image_size(config: Any) -> tuple[int, int] | None:
    size = getattr(getattr(config, "vision_config", config), "image_size", None)
    if isinstance(size, int):
        return size, size
    return tuple(size) if isinstance(size, list | tuple) and len(size) == 2 else None
