"""A plain torch library: dual encoders and their training.

Names are imported on first use, so that reading a recipe does not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shopclip.dualencoder.checkpoints import BusyError, CheckpointManager
    from shopclip.dualencoder.devices import DeviceError, choose_device
    from shopclip.dualencoder.encoder_config import (
        EncoderConfigError,
        ImageEncoder,
        Source,
        TextEncoder,
    )
    from shopclip.dualencoder.ensemble import Ensemble, load_model
    from shopclip.dualencoder.examples import Examples
    from shopclip.dualencoder.model import DualEncoder
    from shopclip.dualencoder.model_files import ModelError
    from shopclip.dualencoder.pretrained import EncoderUnavailableError
    from shopclip.dualencoder.recipe import Recipe
    from shopclip.dualencoder.training import fit
    from shopclip.dualencoder.training_errors import TrainingError
    from shopclip.dualencoder.training_log import Epoch, Step, TrainingLog

_HOMES = {
    "BusyError": "checkpoints",
    "CheckpointManager": "checkpoints",
    "DeviceError": "devices",
    "DualEncoder": "model",
    "EncoderConfigError": "encoder_config",
    "EncoderUnavailableError": "pretrained",
    "Ensemble": "ensemble",
    "Epoch": "training_log",
    "Examples": "examples",
    "ImageEncoder": "encoder_config",
    "ModelError": "model_files",
    "Recipe": "recipe",
    "Source": "encoder_config",
    "Step": "training_log",
    "TextEncoder": "encoder_config",
    "TrainingError": "training_errors",
    "TrainingLog": "training_log",
    "choose_device": "devices",
    "fit": "training",
    "load_model": "ensemble",
}

__all__ = [
    "BusyError",
    "CheckpointManager",
    "DeviceError",
    "DualEncoder",
    "EncoderConfigError",
    "EncoderUnavailableError",
    "Ensemble",
    "Epoch",
    "Examples",
    "ImageEncoder",
    "ModelError",
    "Recipe",
    "Source",
    "Step",
    "TextEncoder",
    "TrainingError",
    "TrainingLog",
    "choose_device",
    "fit",
    "load_model",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
