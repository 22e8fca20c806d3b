"""A dual encoder in a folder: `dual_encoder.json`, `model.safetensors`, `tokenizer/`.

`dual_encoder.json` tells the SHA-256 of the other files, so that none can be lost or changed
without being noticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopclip.errors import ShopclipError, first_line
from shopclip.files.atomic import atomic_folder
from shopclip.files.integrity import check_digests, digest, digests, other_format

if TYPE_CHECKING:
    from shopclip.dualencoder.model import DualEncoder

FORMAT = 1
_TRAIN = "kedro run --pipelines training"


class ModelError(ShopclipError):
    """A folder does not hold a dual encoder that can be loaded."""


def save(model: DualEncoder, folder: Path) -> None:
    """Write the model; a killed run leaves the one that was there before."""
    from safetensors.torch import save_file

    with atomic_folder(folder) as draft:
        weights = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
        save_file(weights, draft / "model.safetensors")
        model.text.tokenizer.save_pretrained(draft / "tokenizer")
        manifest = {**describe(model), "files": digests(draft)}
        (draft / "dual_encoder.json").write_text(json.dumps(manifest, indent=2) + "\n")


def load(folder: Path) -> DualEncoder:
    """Rebuild the towers from their configs and fill in the weights.

    Raises:
        ModelError: naming the folder and what is wrong with it.
    """
    from safetensors import SafetensorError

    try:
        manifest = json.loads((folder / "dual_encoder.json").read_text())
        what, again = f"{folder}: a dual encoder", f"train the pair again: {_TRAIN}"
        if problem := other_format(what, manifest["format"], FORMAT, again):
            raise ModelError(problem)
        _check_files(manifest, folder)
        return _rebuild(manifest, folder)
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder}: no dual encoder here ({Path(error.filename or folder).name} is missing); "
            f"train the pair first: {_TRAIN}"
        ) from error
    except PermissionError as error:
        raise ModelError(f"{folder}: cannot be read ({error}); make it readable") from error
    except (ValueError, KeyError, TypeError, RuntimeError, OSError, SafetensorError) as error:
        why = first_line(error)  # torch names every weight
        raise ModelError(f"{folder}: damaged, train the pair again: {_TRAIN} ({why})") from error


def describe(model: DualEncoder) -> dict[str, Any]:
    """All that the model is beside its weights and its tokenizer."""
    return {
        "format": FORMAT,
        "dimensions": model.text.projection[1].out_features,
        "biased": model.temperature.bias is not None,
        "text": {
            "config": model.text.encoder.config.to_dict(),  # type: ignore[union-attr,operator]
            "pooling": model.text.pooling,
            "max_tokens": model.text.max_tokens,
        },
        "image": {
            "config": model.image.encoder.config.to_dict(),  # type: ignore[union-attr,operator]
            "stem": model.image.stem,
            "pooling": model.image.pooling,
            "size": list(model.image.size),
        },
    }


def _rebuild(manifest: dict[str, Any], folder: Path) -> DualEncoder:
    from safetensors.torch import load_file
    from transformers import AutoTokenizer

    from shopclip.dualencoder.encoders import encoder_from_config, image_encoder_from_config
    from shopclip.dualencoder.model import DualEncoder
    from shopclip.dualencoder.temperature import Temperature
    from shopclip.dualencoder.towers import ImageTower, TextTower

    text, image, embed_dim = manifest["text"], manifest["image"], manifest["dimensions"]
    model = DualEncoder(
        TextTower(
            encoder_from_config(text["config"]),
            AutoTokenizer.from_pretrained(
                folder / "tokenizer", local_files_only=True, trust_remote_code=False
            ),
            embed_dim=embed_dim,
            pooling=text["pooling"],
            max_tokens=text["max_tokens"],
        ),
        ImageTower(
            image_encoder_from_config(image["config"], image.get("stem", "auto")),
            size=tuple(image["size"]),
            embed_dim=embed_dim,
            pooling=image["pooling"],
        ),
        Temperature(bias=0.0 if manifest.get("biased") else None),
    )
    weights = load_file(folder / "model.safetensors")
    for name, value in weights.items():
        if not value.isfinite().all():
            raise ValueError(f"{name} holds numbers that are not finite")
    model.load_state_dict(weights)
    return model


def _check_files(manifest: Mapping[str, Any], folder: Path) -> None:
    """Raises:
    FileNotFoundError, ValueError: one of the files is missing, or is not the one that was saved.
    """
    if "files" not in manifest:  # saved before there were digests
        digest(folder / "tokenizer" / "tokenizer.json")  # without it any two captions are alike
    check_digests(folder, manifest.get("files", {}))
