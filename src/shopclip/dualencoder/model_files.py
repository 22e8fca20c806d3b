"""A dual encoder in a folder: `dual_encoder.json`, `model.safetensors`, `tokenizer/`.

`modules.json` and its like are for sentence-transformers alone.

`dual_encoder.json` tells the SHA-256 of the other files, so that none can be lost or changed
without being noticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shopclip.errors import ShopclipError, first_line
from shopclip.files.atomic import atomic_folder
from shopclip.files.integrity import check_digests, digest, digests, other_format

if TYPE_CHECKING:
    from shopclip.dualencoder.model import DualEncoder
    from shopclip.dualencoder.towers import ImageTower, TextTower

MANIFEST = "dual_encoder.json"
FORMAT = 2  # 1: pixels in [-1, 1], whole transformers models
READ = (1, 2)
ENSEMBLE = 3  # of several, which `ensemble.load_model` reads
# By which sentence-transformers loads the folder; others may write them anew.
SENTENCE_TRANSFORMERS: Mapping[str, Any] = {
    "modules.json": [
        {
            "idx": 0,
            "name": "0",
            "path": "",
            "type": "shopclip.dualencoder.sentence_transformers.DualEncoderModule",
        }
    ],
    "config_sentence_transformers.json": {"similarity_fn_name": "cosine"},
}
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
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        for name, content in SENTENCE_TRANSFORMERS.items():
            (draft / name).write_text(json.dumps(content, indent=2) + "\n")


def load(folder: Path) -> DualEncoder:
    """Rebuild the towers from their configs and fill in the weights.

    Raises:
        ModelError: naming the folder and what is wrong with it.
    """
    manifest = read_manifest(folder)
    if manifest["format"] == ENSEMBLE:
        raise ModelError(
            f"{folder}: an ensemble of several dual encoders; load it by "
            "shopclip.dualencoder.load_model"
        )
    with reading(folder):
        check_files(manifest, folder)
        return rebuild(manifest, folder)


def read_manifest(folder: Path) -> dict[str, Any]:
    """What `dual_encoder.json` says, of one dual encoder or of several.

    Raises:
        ModelError: there is none, or it is of a format that is not read.
    """
    with reading(folder):
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        what, again = f"{folder}: a dual encoder", f"train the pair again: {_TRAIN}"
        known = manifest["format"] if manifest["format"] in (*READ, ENSEMBLE) else FORMAT
        if problem := other_format(what, manifest["format"], known, again):
            raise ModelError(problem)
        return manifest


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Whatever goes wrong in the block is what is wrong with the folder.

    Raises:
        ModelError: naming the folder and what is wrong with it.
    """
    from safetensors import SafetensorError

    try:
        yield
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
        "embed_dim": model.embed_dim,
        "biased": model.temperature.bias is not None,
        "max_scale": model.temperature.max_scale,
        "interpolations": [asdict(one) for one in model.interpolations],
        "text": {**_described(model.text), "max_tokens": model.text.max_tokens},
        "image": {
            **_described(model.image),
            "stem": model.image.stem,
            "flip_test": model.image.flip_test,
            "size": list(model.image.size),
            "preprocessing": model.image.preprocessing.to_dict(),
        },
    }


def _described(tower: TextTower | ImageTower) -> dict[str, Any]:
    from shopclip.dualencoder.rebuilding import describe_projection, dtype_of

    origin, facts = tower.origin, tower.facts
    return {
        "library": origin.library,
        "config": dict(origin.config),
        "own_head": origin.own_head,
        "dtype": dtype_of(tower.encoder),
        "head": origin.head and asdict(origin.head),
        "pooling": tower.pooling,
        "facts": {**asdict(facts), "unused": sorted(facts.unused)},
        "projection": describe_projection(tower.projection),
    }


def rebuild(manifest: dict[str, Any], folder: Path) -> DualEncoder:
    """The model of a folder whose files were checked."""
    from safetensors.torch import load_file

    from shopclip.dualencoder.model import DualEncoder
    from shopclip.dualencoder.rebuilding import rebuild_image_tower, rebuild_text_tower
    from shopclip.dualencoder.temperature import MAX_SCALE, Temperature
    from shopclip.dualencoder.training_log import Interpolation

    embed_dim = manifest.get("embed_dim") or manifest["dimensions"]
    model = DualEncoder(
        rebuild_text_tower(manifest["text"], folder / "tokenizer", embed_dim),
        rebuild_image_tower(manifest["image"], embed_dim),
        Temperature(
            bias=0.0 if manifest.get("biased") else None,
            max_scale=manifest.get("max_scale", MAX_SCALE),
        ),
    )
    weights = load_file(folder / "model.safetensors")
    for name, value in weights.items():
        if not value.isfinite().all():
            raise ValueError(f"{name} holds numbers that are not finite")
    model.load_state_dict(weights)
    model.interpolations = [Interpolation(**one) for one in manifest.get("interpolations", [])]
    return model


def check_files(manifest: Mapping[str, Any], folder: Path) -> None:
    """Raises:
    FileNotFoundError, ValueError: one of the files is missing, or is not the one that was saved.
    """
    if "files" not in manifest:  # saved before there were digests
        digest(folder / "tokenizer" / "tokenizer.json")  # without it any two captions are alike
    check_digests(folder, manifest.get("files", {}))
