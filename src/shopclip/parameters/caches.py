"""Folders that stages keep for themselves, outside the catalog: nothing is made from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shopclip.parameters.blocks import TrainingParameters
from shopclip.parameters.tuning import TuningParameters

CACHES: Mapping[str, tuple[type[BaseModel], tuple[str, ...]]] = {
    "training": (TrainingParameters, ("checkpoints", "encoder_features")),
    "tuning": (TuningParameters, ("studies",)),
}


def caches(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The folder of each cache by the dotted name of its parameter, as it is configured."""
    return {
        f"{section}.{name}": str(
            (parameters.get(section) or {}).get(name, model.model_fields[name].default)
        )
        for section, (model, names) in CACHES.items()
        for name in names
    }


def anchored(parameters: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Parameters whose caches lie in the project, from wherever the command was given."""
    result = dict(parameters)
    for name, folder in caches(parameters).items():
        section, _, key = name.partition(".")
        if section in result:
            result[section] = {**result[section], key: str(project / folder)}
    return result
