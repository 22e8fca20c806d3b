"""Several dual encoders as one, whose similarity is the weighted mean of theirs.

    both = Ensemble({"bert_resnet": one, "bert_vit": other}, {"bert_resnet": 2, "bert_vit": 1})

Each member's embedding is scaled by the root of its weight, and all of them are one vector: the
scalar product of two such vectors is the weighted mean of the members' cosines, so that whatever
ranks by cosine ranks by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from shopclip.dualencoder import model_files
from shopclip.dualencoder.model import DualEncoder
from shopclip.files.atomic import atomic_folder
from shopclip.files.integrity import digests


class Ensemble(nn.Module):
    """Dual encoders that were trained apart.

    Args:
        members: by name, at least one.
        weights: of every member, above 0; only their proportions count.
    """

    def __init__(self, members: Mapping[str, DualEncoder], weights: Mapping[str, float]) -> None:
        super().__init__()
        self.members = nn.ModuleDict(members)
        total = sum(weights[name] for name in members)
        self.weights = {name: weights[name] / total for name in members}

    @property
    def embed_dim(self) -> int:
        """Width of the members' spaces together."""
        return sum(member.embed_dim for _, member in self.each())

    @property
    def device(self) -> torch.device:
        return next(iter(self.each()))[1].device

    def embed_images(
        self, images: np.ndarray, rows: np.ndarray | None = None, *, batch_size: int = 256
    ) -> np.ndarray:
        """uint8 (n, height, width, 3) → L2-normalised float32 (n, embed_dim), or of these rows."""
        batches = list(self.stream_images(images, rows, batch_size=batch_size))
        return np.concatenate([np.empty((0, self.embed_dim), np.float32), *batches])

    def stream_images(
        self, images: np.ndarray, rows: np.ndarray | None = None, *, batch_size: int = 256
    ) -> Iterator[np.ndarray]:
        """`embed_images` a batch at a time, of which one is in memory."""
        streams = [
            member.stream_images(images, rows, batch_size=batch_size) for _, member in self.each()
        ]
        for parts in zip(*streams, strict=True):
            yield self._join(parts)

    def embed_captions(self, captions: Sequence[str], *, batch_size: int = 256) -> np.ndarray:
        """n captions → L2-normalised float32 (n, embed_dim)."""
        return self._join(
            [member.embed_captions(captions, batch_size=batch_size) for _, member in self.each()]
        )

    def describe(self) -> dict[str, Any]:
        """All that it is beside weights and tokenizers."""
        return {
            "embed_dim": self.embed_dim,
            "ensemble": [
                {"name": name, "weight": self.weights[name], **member.describe()}
                for name, member in self.each()
            ],
        }

    def save(self, folder: str | Path) -> None:
        """Write a folder a member and `dual_encoder.json`, all at once or not at all."""
        with atomic_folder(Path(folder)) as draft:
            for name, member in self.each():
                member.save(draft / name)
            manifest = {
                "format": model_files.ENSEMBLE,
                "embed_dim": self.embed_dim,
                "ensemble": self.weights,
                "files": digests(draft),
            }
            (draft / model_files.MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")

    def each(self) -> Iterator[tuple[str, DualEncoder]]:
        """Its members by name, in their order."""
        for name, member in self.members.items():
            assert isinstance(member, DualEncoder)
            yield name, member

    def _join(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        roots = [np.float32(weight**0.5) for weight in self.weights.values()]
        return np.concatenate([r * part for r, part in zip(roots, parts, strict=True)], axis=1)


def load_model(folder: str | Path, device: torch.device | str = "cpu") -> DualEncoder | Ensemble:
    """A pair as it was saved, of either kind.

    Raises:
        ModelError: the folder is missing, incomplete or damaged.
    """
    folder = Path(folder)
    manifest = model_files.read_manifest(folder)
    if manifest["format"] != model_files.ENSEMBLE:
        return DualEncoder.load(folder, device)
    with model_files.reading(folder):
        model_files.check_files(manifest, folder)
        weights = {str(name): float(weight) for name, weight in manifest["ensemble"].items()}
        members = {}  # whose files are among those that were checked: to hash them once is enough
        for name in weights:
            place = folder / name
            members[name] = model_files.rebuild(model_files.read_manifest(place), place)
        return Ensemble(members, weights).to(device)
