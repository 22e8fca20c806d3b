"""A plain torch library: dual encoders, their training, and what they are worth.

Names are imported on first use, so that reading a recipe or an image store does not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopclip.dualencoder.checkpoint import CheckpointError
    from shopclip.dualencoder.encoders import EncoderUnavailableError
    from shopclip.dualencoder.examples import Examples
    from shopclip.dualencoder.image_store import ImageStore, ImageStoreError
    from shopclip.dualencoder.model import DualEncoder
    from shopclip.dualencoder.ranks import Ranks, rank
    from shopclip.dualencoder.recipe import ImageEncoder, Recipe, TextEncoder
    from shopclip.dualencoder.training import Step, TrainingError, choose_device, fit

_HOMES = {
    "CheckpointError": "checkpoint",
    "DualEncoder": "model",
    "EncoderUnavailableError": "encoders",
    "Examples": "examples",
    "ImageEncoder": "recipe",
    "ImageStore": "image_store",
    "ImageStoreError": "image_store",
    "Ranks": "ranks",
    "Recipe": "recipe",
    "Step": "training",
    "TextEncoder": "recipe",
    "TrainingError": "training",
    "choose_device": "training",
    "fit": "training",
    "rank": "ranks",
}

__all__ = [
    "CheckpointError",
    "DualEncoder",
    "EncoderUnavailableError",
    "Examples",
    "ImageEncoder",
    "ImageStore",
    "ImageStoreError",
    "Ranks",
    "Recipe",
    "Step",
    "TextEncoder",
    "TrainingError",
    "choose_device",
    "fit",
    "rank",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
