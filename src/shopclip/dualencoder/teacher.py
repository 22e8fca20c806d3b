"""A pair that learns from another one: the teacher's embeddings beside its own loss.

Feature distillation of CLIP-KD (Yang et al. 2023, arXiv 2307.12732, section 3.2): the squared
distance between the teacher's embedding and a linear map of the pupil's, of pictures and captions.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from shopclip.dualencoder import fingerprint
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.ensemble import Ensemble
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.features import BATCH, cached
from shopclip.dualencoder.model import DualEncoder

logger = logging.getLogger(__name__)


class Targets(NamedTuple):
    """The teacher's embeddings of a batch's pictures and captions, float (shard, its width)."""

    images: Tensor
    texts: Tensor


class Distillation(nn.Module):
    """A linear map of a pupil's space onto its teacher's, which is not in the saved model.

    One for both towers, which would be pulled apart by two; and at first it changes no more than
    it must: through a random map a pupil's first steps follow noise.

    Args:
        embed_dim: of the pupil.
        teacher_dim: of its teacher.
    """

    def __init__(self, embed_dim: int, teacher_dim: int) -> None:
        super().__init__()
        self.map = nn.Linear(embed_dim, teacher_dim, bias=False)
        nn.init.eye_(self.map.weight)

    def forward(self, images: Tensor, texts: Tensor, targets: Targets, batch: int) -> Tensor:
        """This worker's part of the loss; the sum over all workers is that of the batch.

        Args:
            images, texts: the pupil's embeddings, (shard, embed_dim).
            batch: examples of all workers.

        Returns:
            The squared distance to the teacher's embeddings, the mean of both towers; a scalar.
        """
        image = (self.map(images.float()) - targets.images).square().sum()
        text = (self.map(texts.float()) - targets.texts).square().sum()
        return (image + text) / (2 * batch)


def with_teacher(
    examples: Examples,
    teacher: DualEncoder | Ensemble,
    cache: Path | None,
    device: torch.device | str = "cpu",
) -> Examples:
    """The examples with what a teacher says of their pictures and captions, computed once.

    Args:
        cache: folder in which it stays, named by the teacher's weights and the data; None keeps it
            in memory.
    """
    teacher = teacher.to(device)
    own = fingerprint.of_weights(teacher), teacher.describe()
    images_key = fingerprint.of(
        *own, examples.images_fingerprint or fingerprint.of(examples.images), examples.rows
    )
    images = cached(
        f"teacher_image_{images_key}",
        len(examples),
        map(torch.from_numpy, teacher.stream_images(examples.images, examples.rows)),
        Precision("fp32", teacher.device),
        cache,
    )
    captions = examples.captions
    parts = (
        torch.from_numpy(teacher.embed_captions(captions[start : start + BATCH]))
        for start in range(0, len(captions), BATCH)
    )
    texts = cached(
        f"teacher_text_{fingerprint.of(*own, list(captions))}",
        len(captions),
        parts,
        Precision("fp32", teacher.device),
        cache,
    )
    return replace(examples, teacher_images=images, teacher_texts=texts)


def targets_of(
    examples: Examples, rows: np.ndarray, captions: np.ndarray, device: torch.device
) -> Targets | None:
    """What the teacher says of these examples and captions; None without a teacher."""
    if examples.teacher_images is None or examples.teacher_texts is None:
        return None
    images, texts = examples.teacher_images[rows], examples.teacher_texts[captions]
    return Targets(torch.from_numpy(images).to(device), torch.from_numpy(texts).to(device))
