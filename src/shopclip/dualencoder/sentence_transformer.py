"""What a sentence-transformers folder says of its pooling: `modules.json` and what it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor

from shopclip.dualencoder.encoder_config import Source
from shopclip.errors import ShopclipError

MODES = {  # theirs → ours
    "cls": "cls",
    "mean": "mean",
    "max": "max",
    "lasttoken": "last",
}


class SentenceTransformerError(ShopclipError):
    """A sentence-transformers model has modules that a tower has not."""


@dataclass(frozen=True)
class SentenceTransformerHead:
    """Modules after the transformer, applied to pooled states.

    Attributes:
        pooling: ours.
        max_tokens: that it was trained on; None where the folder does not say.
        normalizes: to unit length.
    """

    pooling: str
    max_tokens: int | None
    normalizes: bool

    def __call__(self, vectors: Tensor) -> Tensor:
        return F.normalize(vectors, dim=-1) if self.normalizes else vectors


def read_head(source: Source) -> SentenceTransformerHead | None:
    """None where the model is not from sentence-transformers.

    Raises:
        SentenceTransformerError: it has a module that is not done here.
    """
    read = _reader(source)
    modules = read("modules.json")
    if modules is None:
        return None
    pooling, normalizes = None, False
    for module in modules:
        kind, path = module["type"].rsplit(".", 1)[-1], module["path"]
        if kind == "Pooling":
            pooling = _pooling(source.name, read(f"{path}/config.json") or {})
        elif kind == "Normalize":
            normalizes = True
        elif kind != "Transformer":
            raise SentenceTransformerError(
                f"{source.name}: a sentence-transformers model with a module {kind}, which a tower "
                "has not; take one of Transformer, Pooling and Normalize"
            )
    if pooling is None:
        return None
    longest = (read("sentence_bert_config.json") or {}).get("max_seq_length")
    return SentenceTransformerHead(pooling, longest, normalizes)


def _pooling(name: str, config: dict[str, Any]) -> str:
    chosen = [
        key.removeprefix("pooling_mode_").removesuffix("_tokens").removesuffix("_token")
        for key, value in config.items()
        if key.startswith("pooling_mode_") and value is True
    ] or [config.get("pooling_mode", "mean")]
    if len(chosen) != 1 or chosen[0] not in MODES:
        raise SentenceTransformerError(
            f"{name}: its 1_Pooling says {', '.join(map(str, chosen))}; expected one of "
            f"{', '.join(MODES)}; name another with `pooling`"
        )
    return MODES[chosen[0]]


def _reader(source: Source) -> Callable[[str], Any]:
    """JSON files of the model by name; None where it has no such file."""
    folder = Path(source.name)

    def read(name: str) -> Any:
        if folder.is_dir():
            file: Path | str | None = folder / name
        else:
            file = _from_hub(source, name)
        if not isinstance(file, str | Path) or not Path(file).is_file():
            return None
        return json.loads(Path(file).read_text("utf-8"))

    return read


def _from_hub(source: Source, name: str) -> str | None:
    """A file that a model may have or not; without a connection, what the cache has."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    cached = try_to_load_from_cache(source.name, name, revision=source.revision)
    if cached is not None:  # there, or known not to be
        return cached if isinstance(cached, str) else None
    try:
        return hf_hub_download(source.name, name, revision=source.revision, etag_timeout=10)
    except Exception:  # the hub's clients raise a dozen kinds
        return None
