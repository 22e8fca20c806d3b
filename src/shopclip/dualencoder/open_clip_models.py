"""Models in open_clip's format: `open_clip_config.json` beside the weights.

Towers, tokenizer and preprocessing are the library's own (open_clip_torch, the extra `openclip`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from shopclip.dualencoder.encoder_config import Source
from shopclip.dualencoder.encoders import Origin
from shopclip.dualencoder.pretrained import OPEN_CLIP_CONFIG as CONFIG
from shopclip.dualencoder.pretrained import EncoderUnavailableError
from shopclip.dualencoder.probe import ImageFacts, TextFacts
from shopclip.dualencoder.temperature import MAX_SCALE, Temperature
from shopclip.dualencoder.towers import ImageTower, OwnProjection, TextTower
from shopclip.errors import first_line

if TYPE_CHECKING:
    from shopclip.dualencoder.model import DualEncoder

LIBRARY = "open_clip"
_TOKENIZER = "open_clip_tokenizer.json"


class OpenClipEncoder(nn.Module):
    """One tower of an open_clip model, called as those of transformers are.

    Args:
        tower: tokens (batch, context length) or pixels (batch, 3, height, width) → (batch, width).
        config: that of the whole model.
    """

    main_input_name = "input_ids"
    supports_gradient_checkpointing = True

    def __init__(self, tower: nn.Module, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.tower = tower
        self.config = SimpleNamespace(
            model_type=LIBRARY,
            hidden_size=config["model_cfg"]["embed_dim"],
            to_dict=lambda: dict(config),
        )

    def gradient_checkpointing_enable(self) -> None:
        self.tower.set_grad_checkpointing(True)  # type: ignore[operator]


class OpenClipText(OpenClipEncoder):
    def __init__(self, tower: nn.Module, config: Mapping[str, Any], max_tokens: int) -> None:
        super().__init__(tower, config)
        self.facts = TextFacts(self.config.hidden_size, "pooler", max_tokens, False, frozenset())

    def forward(self, input_ids: Tensor) -> SimpleNamespace:
        return SimpleNamespace(pooler_output=self.tower(input_ids))


class OpenClipImage(OpenClipEncoder):
    main_input_name = "pixel_values"

    def __init__(self, tower: nn.Module, config: Mapping[str, Any]) -> None:
        super().__init__(tower, config)
        self.facts = ImageFacts(self.config.hidden_size, "pooler", frozenset())

    def forward(self, pixel_values: Tensor) -> SimpleNamespace:
        return SimpleNamespace(pooler_output=self.tower(pixel_values))


@dataclass(frozen=True)
class OpenClipTransform:
    """The library's own transform of one picture after the other, on Pillow's images.

    Attributes:
        config: what `open_clip.transform.PreprocessCfg` is made of.
    """

    config: Mapping[str, Any]

    @property
    def size(self) -> tuple[int, int]:
        side = self.config["size"]
        return (side, side) if isinstance(side, int) else (side[0], side[1])

    @cached_property
    def _transform(self) -> Any:
        from open_clip.transform import PreprocessCfg, image_transform_v2

        return image_transform_v2(PreprocessCfg(**self.config), is_train=False)

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        from PIL import Image

        arrays = images.cpu().numpy()
        pixels = torch.stack([self._transform(Image.fromarray(array)) for array in arrays])
        return {"pixel_values": pixels.to(images.device)}

    def to_dict(self) -> dict[str, Any]:
        return {"kind": LIBRARY, "config": dict(self.config)}


class OpenClipTokenizer:
    """The library's tokenizer with the few things that a tower asks of one.

    Every caption becomes as many tokens as the model was trained on, padding among them.
    """

    model_input_names = ("input_ids",)
    padding_side = "right"

    def __init__(self, tokenizer: Any, text_config: Mapping[str, Any]) -> None:
        self._tokenizer, self._text_config = tokenizer, dict(text_config)
        self.model_max_length = int(tokenizer.context_length)
        own = getattr(tokenizer, "tokenizer", None)
        self.pad_token_id = int(getattr(own, "pad_token_id", None) or 0)

    def __call__(self, texts: list[str] | str, **_: Any) -> dict[str, Any]:
        """`input_ids` of each text, all of the model's context length."""
        ids = self._tokenizer([texts] if isinstance(texts, str) else list(texts)).tolist()
        return {"input_ids": ids[0] if isinstance(texts, str) else ids}

    def __len__(self) -> int:
        return len(self.get_vocab())

    def get_vocab(self) -> dict[str, int]:
        own = getattr(self._tokenizer, "tokenizer", None)
        vocabulary = self._tokenizer.encoder if own is None else own.get_vocab()
        return dict(vocabulary)

    def save_pretrained(self, folder: Path) -> None:
        """Its kind, and the files of one of transformers."""
        folder.mkdir(parents=True, exist_ok=True)
        if of_transformers := hasattr(self._tokenizer, "tokenizer"):
            self._tokenizer.save_pretrained(str(folder))
        described = {"of_transformers": of_transformers, "text_cfg": self._text_config}
        (folder / _TOKENIZER).write_text(json.dumps(described, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> OpenClipTokenizer:
        """What `save_pretrained` wrote."""
        from open_clip.tokenizer import DEFAULT_CONTEXT_LENGTH, HFTokenizer, SimpleTokenizer

        described = json.loads((folder / _TOKENIZER).read_text("utf-8"))
        text = described["text_cfg"]
        options = dict(text.get("tokenizer_kwargs") or {})
        options["context_length"] = text.get("context_length", DEFAULT_CONTEXT_LENGTH)
        if described["of_transformers"]:
            if mode := text.get("tokenizer_mode"):
                options["tokenizer_mode"] = mode
            return cls(HFTokenizer(str(folder), **options), text)
        return cls(SimpleTokenizer(**options), text)


def check_open_clip(source: Source) -> None:
    """Accept the library, and a folder that holds such a model.

    Raises:
        EncoderUnavailableError: one of them is missing.
    """
    _library(source.name)
    folder = Path(source.name.removeprefix("local-dir:"))
    if not source.name.startswith("hf-hub:"):
        _check_folder(source.name, folder)


def load_open_clip(source: Source) -> DualEncoder:
    """Both towers of a public model in open_clip's format, as they are.

    Raises:
        EncoderUnavailableError: it cannot be had, or the library is missing.
    """
    from shopclip.dualencoder.model import DualEncoder

    model, tokenizer, config = _load(source)
    scale = math.exp(float(model.logit_scale.detach()))
    bias = getattr(model, "logit_bias", None)
    return DualEncoder(
        text_tower(model, tokenizer, config, embed_dim=0, projection=OwnProjection(None)),
        image_tower(model, config, embed_dim=0, projection=OwnProjection(None)),
        Temperature(
            1 / scale,
            None if bias is None else float(bias.detach()),
            max_scale=max(MAX_SCALE, scale),
        ),
    )


def load_text(source: Source) -> tuple[OpenClipText, OpenClipTokenizer, Origin]:
    """The text encoder of a public model, its tokenizer and its origin.

    Raises:
        EncoderUnavailableError: as of `load_open_clip`.
    """
    model, tokenizer, config = _load(source)
    encoder = OpenClipText(model.text, config, tokenizer.model_max_length)
    return encoder, tokenizer, Origin(config, library=LIBRARY)


def load_image(source: Source) -> tuple[OpenClipImage, Origin]:
    """The image encoder of a public model, and its origin.

    Raises:
        EncoderUnavailableError: as of `load_open_clip`.
    """
    model, _, config = _load(source)
    return OpenClipImage(model.visual, config), Origin(config, library=LIBRARY)


def load_transform(source: Source) -> OpenClipTransform:
    """What a public model does to pictures.

    Raises:
        EncoderUnavailableError: as of `load_open_clip`.
    """
    return OpenClipTransform(_load(source)[2]["preprocess_cfg"])


def text_tower(
    model: Any, tokenizer: OpenClipTokenizer, config: Mapping[str, Any], **options: Any
) -> TextTower:
    """The text tower of a loaded model; options are those of `TextTower`."""
    return TextTower(
        OpenClipText(model.text, config, tokenizer.model_max_length),
        tokenizer,
        pooling="pooler",
        max_tokens=tokenizer.model_max_length,
        origin=Origin(config, library=LIBRARY),
        **options,
    )


def image_tower(model: Any, config: Mapping[str, Any], **options: Any) -> ImageTower:
    """The image tower of a loaded model; options are those of `ImageTower`."""
    return ImageTower(
        OpenClipImage(model.visual, config),
        pooling="pooler",
        preprocessing=OpenClipTransform(config["preprocess_cfg"]),
        origin=Origin(config, library=LIBRARY),
        **options,
    )


def build_open_clip(config: Mapping[str, Any]) -> Any:
    """The whole model with random weights."""
    _library("")
    from open_clip.model import CustomTextCLIP

    model_cfg = json.loads(json.dumps(config["model_cfg"]))
    return CustomTextCLIP(**model_cfg)


def _load(source: Source) -> tuple[Any, OpenClipTokenizer, dict[str, Any]]:
    check_open_clip(source)
    import open_clip
    from open_clip.model import get_model_preprocess_cfg

    name = source.name if source.of_open_clip else f"local-dir:{source.name}"
    try:
        model = open_clip.create_model(name, force_custom_text=True, require_pretrained=True)
        tokenizer = open_clip.get_tokenizer(name)
        described = open_clip.get_model_config(name)
    except Exception as error:  # the library's, torch's and the hub's clients': a dozen kinds
        raise EncoderUnavailableError(
            f"{source.name}: no model that open_clip can load ({first_line(error)}); expected "
            f"hf-hub:owner/name, or local-dir:folder with {CONFIG}"
        ) from error
    if not hasattr(tokenizer, "tokenizer") and not hasattr(tokenizer, "encoder"):
        raise EncoderUnavailableError(
            f"{source.name}: its tokenizer, {type(tokenizer).__name__}, cannot be saved with a "
            "model; expected one of transformers, or CLIP's own"
        )
    model_cfg = {k: v for k, v in described.items() if k not in ("custom_text", "multimodal_cfg")}
    model_cfg["vision_cfg"] = {**model_cfg["vision_cfg"], "timm_model_pretrained": False}
    model_cfg["text_cfg"] = {**model_cfg["text_cfg"], "hf_model_pretrained": False}
    config = {"model_cfg": model_cfg, "preprocess_cfg": get_model_preprocess_cfg(model)}
    plain: dict[str, Any] = json.loads(json.dumps(config))
    return model, OpenClipTokenizer(tokenizer, model_cfg["text_cfg"]), plain


def _check_folder(name: str, folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise EncoderUnavailableError(f"{name}: no {CONFIG} here; expected a model of open_clip")
    if not list(folder.glob("*.safetensors")):
        raise EncoderUnavailableError(
            f"{name}: no weights in safetensors here; pickled ones are not read"
        )


def _library(name: str) -> None:
    try:
        import open_clip  # noqa: F401  whether it is there
    except ModuleNotFoundError as error:
        raise EncoderUnavailableError(
            f"{name or 'this model'}: in open_clip's format; pip install -e '.[openclip]'"
        ) from error
