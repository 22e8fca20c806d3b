"""What an image tower makes of stored pixels before its encoder sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as transform

from shopclip.dualencoder.encoder_config import Channels
from shopclip.errors import ShopclipError

HALF: Channels = (0.5, 0.5, 0.5)  # scales to [-1, 1]
Resample = Literal["nearest", "bilinear", "bicubic", "lanczos"]
_OF_PILLOW: Mapping[int, Resample] = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}


class PreprocessingError(ShopclipError):
    """An image processor does something that is not done here."""


class Preprocessing(Protocol):
    """Stored pixels → what an image encoder is called with."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels that the encoder sees; the most, where they vary."""

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """uint8 (batch, height, width, 3) → inputs of the encoder, the batch first."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, of which `preprocessing_from` makes it again."""


@dataclass(frozen=True)
class PixelValues:
    """Resized, cut and normalized pixels.

    Attributes:
        size: height and width in pixels that the encoder sees.
        mean, std: of the channels, from 0 to 1.
        resize_to: before the middle of `size` is cut out: the shorter side in pixels, which keeps
            the shape, or height and width; None resizes to `size` and cuts nothing.
    """

    size: tuple[int, int]
    mean: Channels = HALF
    std: Channels = HALF
    resize_to: int | tuple[int, int] | None = None
    resample: Resample = "bilinear"

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """`pixel_values`: float32 (batch, 3, *size)."""
        return {"pixel_values": self.normalize(self.resize(images.permute(0, 3, 1, 2)))}

    def resize(self, images: Tensor) -> Tensor:
        """uint8 (batch, 3, height, width) → uint8 (batch, 3, *size).

        In uint8, which is ten times faster on a CPU than in float, and what image processors do.
        """
        wanted = self.resized(images.shape[-2:])  # type: ignore[arg-type]
        if tuple(images.shape[-2:]) != wanted:
            how = InterpolationMode[self.resample.upper()]
            images = transform.resize(images, list(wanted), interpolation=how, antialias=True)
        if wanted != self.size:
            (height, width), (tall, wide) = self.size, wanted
            # Half a pixel goes down, as transformers has it; torchvision goes to the even one.
            images = transform.crop(
                images, (tall - height) // 2, (wide - width) // 2, height, width
            )
        return images

    def resized(self, size: tuple[int, int]) -> tuple[int, int]:
        """Height and width of a picture of this size before the middle is cut out."""
        if not isinstance(self.resize_to, int):
            return self.resize_to or self.size
        height, width = size
        if height <= width:
            return self.resize_to, int(self.resize_to * width / height)
        return int(self.resize_to * height / width), self.resize_to

    def normalize(self, images: Tensor) -> Tensor:
        """uint8 → float32, whatever the layout of (batch, 3, height, width)."""
        if self.mean == HALF == self.std:
            return images.float().div_(127.5).sub_(1)
        mean, std = (
            torch.tensor(channels, device=images.device).mul(255)[:, None, None]
            for channels in (self.mean, self.std)
        )
        return images.float().sub_(mean).div_(std)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "pixel_values", **asdict(self)}


@dataclass(frozen=True)
class NaFlexPatches:
    """Patches of a picture in its own shape, as many as fit: SigLIP 2 NaFlex (arXiv 2502.14786)."""

    patch_size: int
    max_num_patches: int
    mean: Channels = HALF
    std: Channels = HALF
    resample: Resample = "bilinear"

    @property
    def size(self) -> tuple[int, int]:
        side = int(self.max_num_patches**0.5) * self.patch_size
        return side, side

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """`pixel_values` float32 (batch, most, patch pixels), their mask and their shapes."""
        from transformers import Siglip2ImageProcessor

        processor = Siglip2ImageProcessor(
            patch_size=self.patch_size,
            max_num_patches=self.max_num_patches,
            image_mean=list(self.mean),
            image_std=list(self.std),
            resample={name: number for number, name in _OF_PILLOW.items()}[self.resample],
        )
        pictures = list(images.permute(0, 3, 1, 2))
        return dict(processor(pictures, return_tensors="pt", device=images.device))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "naflex", **asdict(self)}


def preprocessing_from(described: Mapping[str, Any]) -> Preprocessing:
    """What `to_dict` has described."""
    values = dict(described)
    kind = values.pop("kind")
    for name, value in values.items():
        values[name] = tuple(value) if isinstance(value, list) else value
    if kind == "open_clip":
        from shopclip.dualencoder.open_clip_models import OpenClipTransform

        return OpenClipTransform(**values)
    return NaFlexPatches(**values) if kind == "naflex" else PixelValues(**values)


def preprocessing_of(processor: Any) -> PixelValues | NaFlexPatches:
    """What a transformers image processor does, done on a batch of stored pixels.

    Raises:
        PreprocessingError: it does something else to a picture.
    """
    mean, std, resample = normalization_of(processor)
    if hasattr(processor, "max_num_patches"):
        return NaFlexPatches(processor.patch_size, processor.max_num_patches, mean, std, resample)
    found = PixelValues(size_of(processor), mean, std, _resize_to(processor), resample)
    for height, width in ((40, 30), (24, 61), (67, 25)):
        generator = torch.Generator().manual_seed(0)
        image = torch.randint(256, (3, height, width), generator=generator, dtype=torch.uint8)
        expected = processor([image], return_tensors="pt")["pixel_values"]
        ours = found(image.permute(1, 2, 0)[None])["pixel_values"]
        if expected.shape != ours.shape or not torch.allclose(expected, ours, atol=1e-5):
            raise PreprocessingError(
                f"its image processor, {type(processor).__name__}, prepares pictures in a way that "
                f"is not done here: {_words(processor)}"
            )
    return found


def normalization_of(processor: Any) -> tuple[Channels, Channels, Resample]:
    """Mean and standard deviation of the channels, from 0 to 1, and how a picture is resized."""
    if (timm := _of_timm(processor)) is not None:
        resample: Resample = "bicubic" if timm["interpolation"] == "bicubic" else "bilinear"
        return _three(timm["mean"]), _three(timm["std"]), resample
    normalizes = getattr(processor, "do_normalize", False)
    mean = processor.image_mean if normalizes else [0.0]
    std = processor.image_std if normalizes else [1.0]
    resample = _OF_PILLOW.get(int(getattr(processor, "resample", None) or 2), "bilinear")
    return _three(mean), _three(std), resample


def size_of(processor: Any) -> tuple[int, int]:
    """Height and width in pixels of the pictures that a processor makes.

    Raises:
        PreprocessingError: they vary.
    """
    if (timm := _of_timm(processor)) is not None:
        _, height, width = timm["input_size"]
        return height, width
    crops = getattr(processor, "do_center_crop", None) and getattr(processor, "crop_size", None)
    size = _plain(processor.crop_size if crops else processor.size)
    if "height" in size and "width" in size:
        return size["height"], size["width"]
    if side := size.get("shortest_edge"):
        return side, side
    raise PreprocessingError(
        f"its image processor, {type(processor).__name__}, resizes in a way that is not done here: "
        f"{_words(processor)}"
    )


def _of_timm(processor: Any) -> Mapping[str, Any] | None:
    """timm's own words, which the processor of its encoders keeps instead of transformers'."""
    words: Mapping[str, Any] | None = getattr(processor, "data_config", None)
    return words


def _resize_to(processor: Any) -> int | tuple[int, int] | None:
    if not getattr(processor, "do_center_crop", None):
        return None
    size = _plain(processor.size)
    return size.get("shortest_edge") or (size["height"], size["width"])


def _three(channels: Any) -> Channels:
    values = [
        float(value) for value in (channels if isinstance(channels, Iterable) else [channels])
    ]
    red, green, blue = values * 3 if len(values) == 1 else values
    return red, green, blue


def _plain(size: Any) -> dict[str, int]:
    return {name: int(value) for name, value in dict(size).items() if value is not None}


def _words(processor: Any) -> str:
    names = ("size", "do_center_crop", "crop_size", "crop_pct", "do_pad", "rescale_offset")
    said = {name: getattr(processor, name, None) for name in names}
    return ", ".join(f"{name} {value}" for name, value in said.items() if value)
