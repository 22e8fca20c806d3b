"""A plain torch library: dual encoders, their training, and what they are worth.

Names are imported on first use, so that reading a recipe or an image store does not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopclip.dualencoder.checkpoint import CheckpointError
    from shopclip.dualencoder.devices import DeviceError, choose_device
    from shopclip.dualencoder.encoder_config import EncoderConfigError
    from shopclip.dualencoder.encoder_spec import ImageEncoder, TextEncoder
    from shopclip.dualencoder.encoders import EncoderUnavailableError
    from shopclip.dualencoder.examples import Examples
    from shopclip.dualencoder.image_store import ImageStore, ImageStoreError
    from shopclip.dualencoder.model import DualEncoder
    from shopclip.dualencoder.ranks import Ranks, rank
    from shopclip.dualencoder.recipe import Recipe
    from shopclip.dualencoder.resumption import BusyError, Resumption
    from shopclip.dualencoder.training import fit
    from shopclip.dualencoder.training_errors import TrainingError
    from shopclip.dualencoder.training_log import Epoch, Step, TrainingLog

_HOMES = {
    "BusyError": "resumption",
    "CheckpointError": "checkpoint",
    "DeviceError": "devices",
    "DualEncoder": "model",
    "EncoderConfigError": "encoder_config",
    "EncoderUnavailableError": "encoders",
    "Epoch": "training_log",
    "Examples": "examples",
    "ImageEncoder": "encoder_spec",
    "ImageStore": "image_store",
    "ImageStoreError": "image_store",
    "Ranks": "ranks",
    "Recipe": "recipe",
    "Resumption": "resumption",
    "Step": "training_log",
    "TextEncoder": "encoder_spec",
    "TrainingError": "training_errors",
    "TrainingLog": "training_log",
    "choose_device": "devices",
    "fit": "training",
    "rank": "ranks",
}

__all__ = [
    "BusyError",
    "CheckpointError",
    "DeviceError",
    "DualEncoder",
    "EncoderConfigError",
    "EncoderUnavailableError",
    "Epoch",
    "Examples",
    "ImageEncoder",
    "ImageStore",
    "ImageStoreError",
    "Ranks",
    "Recipe",
    "Resumption",
    "Step",
    "TextEncoder",
    "TrainingError",
    "TrainingLog",
    "choose_device",
    "fit",
    "rank",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
