"""Pretrained weights, configurations and tokenizers, from the hub, its cache or a folder.

Each is had whole or refused in one line: half a download, weights under other names, a tokenizer
without its vocabulary would be random layers and unknown words, and training would go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from shopclip.dualencoder.encoder_config import Source
from shopclip.errors import ShopclipError, first_line

POINTER = b"version https://git-lfs"
OPEN_CLIP_CONFIG = "open_clip_config.json"
FEWEST_WORDS = 12
TRIED = ("red cotton shirt", "blue leather shoes")  # two captions that no tokenizer takes for one


class EncoderUnavailableError(ShopclipError):
    """A pretrained encoder is neither a folder, nor in the cache, nor to be downloaded."""


def is_open_clip(source: Source) -> bool:
    """Whether a name says so, or a folder holds such a model and none of transformers."""
    folder = Path(source.name)
    return source.of_open_clip or (
        (folder / OPEN_CLIP_CONFIG).is_file() and not _of_transformers(folder / "config.json")
    )


def _of_transformers(file: Path) -> bool:
    try:
        config = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return "auto_map" not in config and "model_type" in config


def load_config(source: Source) -> Any:
    """The configuration of a pretrained model, without its weights.

    Raises:
        EncoderUnavailableError: it cannot be had, or is of a model that cannot be loaded.
    """
    from transformers import AutoConfig

    config = _load(AutoConfig.from_pretrained, source)
    if getattr(config, "quantization_config", None):
        raise EncoderUnavailableError(
            f"{source.name}: its weights are quantized, which can neither be trained nor compared; "
            "take the model that it was made from"
        )
    return config


def load_model(source: Source, options: dict[str, bool]) -> tuple[nn.Module, frozenset[str]]:
    """A pretrained model in fp32, and the names of the weights that its files do not hold.

    Raises:
        EncoderUnavailableError: it cannot be had, or its files are no safetensors.
    """
    from transformers import AutoModel

    model, info = _load(
        AutoModel.from_pretrained,
        source,
        use_safetensors=True,
        output_loading_info=True,
        dtype=torch.float32,
        **options,
    )
    for parameter in model.parameters():
        # Mapped from a file they begin anywhere in memory, and where they begin decides which
        # kernel convolves: a saved model would say something else in the last bit.
        parameter.data = parameter.data.clone()
    return model, frozenset(info["missing_keys"])


def load_tokenizer(source: Source, encoder: Any) -> Any:
    """The tokenizer of a pretrained encoder, with a token for padding.

    Raises:
        EncoderUnavailableError: it cannot be had, has no words, or more than the encoder.
    """
    from transformers import AutoTokenizer

    tokenizer = _load(AutoTokenizer.from_pretrained, source)
    if _knows_no_words(tokenizer) and not Path(source.name).is_dir():
        # The cache has the weights by now, and where it has no tokenizer an empty one is made.
        tokenizer = _download(AutoTokenizer.from_pretrained, source.name, _options(source))
    if tokenizer.pad_token is None:  # GPT-2 has none; its padding is masked out anyway
        if tokenizer.eos_token is None:
            raise EncoderUnavailableError(
                f"{source.name}: its tokenizer has neither a token for padding nor one for the end "
                "of a text; set pad_token in its tokenizer_config.json"
            )
        tokenizer.pad_token = tokenizer.eos_token
    if _knows_no_words(tokenizer):
        raise EncoderUnavailableError(
            f"{source.name}: its tokenizer takes any two captions for the same, as one without its "
            "files does; expected tokenizer.json, or the vocabulary of its kind, beside the weights"
        )
    rows = vocabulary_of(encoder)
    numbers = [number for text in TRIED for number in tokenizer(text)["input_ids"]]
    if rows is not None and max(*numbers, tokenizer.pad_token_id) >= rows:
        raise EncoderUnavailableError(
            f"{source.name}: its tokenizer numbers {len(tokenizer)} tokens, and the encoder knows "
            f"{rows}; expected a tokenizer and weights that belong together"
        )
    return tokenizer


def _knows_no_words(tokenizer: Any) -> bool:
    one, other = (tokenizer(text)["input_ids"] for text in TRIED)
    return one == other or len(tokenizer) - len(set(tokenizer.all_special_ids)) < FEWEST_WORDS


def load_image_processor(source: Source) -> Any | None:
    """The image processor of a pretrained model; None where it comes without one."""
    from transformers import AutoImageProcessor

    try:
        return _load(AutoImageProcessor.from_pretrained, source)
    except EncoderUnavailableError as error:
        if "remote code" in str(error):
            raise
        return None


def vocabulary_of(encoder: Any) -> int | None:
    """Tokens that a text encoder has vectors of; None of one without such a table."""
    try:
        rows = encoder.get_input_embeddings().num_embeddings
    except (NotImplementedError, AttributeError):
        return None
    return int(rows)


def _load(from_pretrained: Callable[..., Any], source: Source, **options: Any) -> Any:
    from safetensors import SafetensorError

    name = source.name
    options |= _options(source)
    try:
        # The cache first: offline, transformers would retry for half a minute before it gives up.
        return from_pretrained(name, local_files_only=True, trust_remote_code=False, **options)
    except (OSError, ValueError, KeyError, SafetensorError, ImportError, RuntimeError) as error:
        if "trust_remote_code" in str(error):
            raise EncoderUnavailableError(_runs_code(name)) from error
        if isinstance(error, ImportError):
            raise EncoderUnavailableError(_needs_library(name, error)) from error
        if Path(name).is_dir():
            raise EncoderUnavailableError(
                f"{name}: this folder does not hold a pretrained encoder that transformers can "
                f"load as safetensors ({_why(Path(name), error)})"
            ) from error
        return _download(from_pretrained, name, options)


def _options(source: Source) -> dict[str, Any]:
    given = {"revision": source.revision, "subfolder": source.subfolder}
    return {name: value for name, value in given.items() if value is not None}


def _download(from_pretrained: Callable[..., Any], name: str, options: dict[str, Any]) -> Any:
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=10)
        return from_pretrained(name, trust_remote_code=False, **options)
    except ImportError as missing:
        raise EncoderUnavailableError(_needs_library(name, missing)) from missing
    except Exception as unreachable:  # the hub's clients raise a dozen kinds
        if "trust_remote_code" in str(unreachable):
            raise EncoderUnavailableError(_runs_code(name)) from unreachable
        raise EncoderUnavailableError(
            f"pretrained encoder {name!r} is not a local folder, is not in the Hugging Face cache "
            f"and could not be downloaded ({first_line(unreachable)}). Either connect once and "
            f"run `hf download {name}`, or give `name` the path of a folder that holds it, or "
            "replace `name` by `config` to train this encoder from scratch"
        ) from unreachable


def _why(folder: Path, error: Exception) -> str:
    for file in sorted(folder.rglob("*.safetensors")):
        with file.open("rb") as opened:
            if opened.read(len(POINTER)) == POINTER:
                return f"{file.name} is a pointer of git-lfs; run `git lfs pull` there"
    if "deserializing header" in str(error):
        return f"half a download: {first_line(error)}"
    return first_line(error)


def _needs_library(name: str, error: ImportError) -> str:
    library = next((one for one in ("timm", "sentencepiece") if one in str(error).lower()), None)
    install = f"pip install -e '.[{library}]'" if library == "timm" else f"pip install {library}"
    if library is None:
        return f"{name}: a library is missing ({first_line(error)})"
    return f"{name}: takes the library {library}: {install}"


def _runs_code(name: str) -> str:
    return (
        f"pretrained encoder {name!r} wants Python code that comes with it to be run (auto_map); "
        "remote code is not run. Choose an encoder whose type transformers knows itself"
    )
