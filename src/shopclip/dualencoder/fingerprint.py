"""Short names for what weights and data are: equal content, equal name."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from shopclip.dualencoder.examples import Examples


def of(*parts: Any) -> str:
    """Hexadecimal digest of JSON-able values, arrays and tensors, in their order."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, Tensor):
            digest.update(f"{part.dtype}{tuple(part.shape)}".encode())
            part = part.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(json.dumps(part, sort_keys=True, default=str).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def of_weights(module: nn.Module) -> str:
    """Of every parameter and buffer, with its name."""
    return of(*(part for named in module.state_dict().items() for part in named))


def of_examples(examples: Examples) -> str:
    """Of the pictures, the captions, who bears which, their labels, and what a teacher says."""
    optional = (examples.variants, examples.labels, examples.teacher_images, examples.teacher_texts)
    given = [array for array in optional if array is not None]
    return of(
        examples.images_fingerprint or of(examples.images),
        list(examples.captions),
        examples.rows,
        examples.caption_ids,
        *given,
    )
