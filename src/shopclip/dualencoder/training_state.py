"""The state of a training between two steps, in one safetensors file.

It holds the weights and buffers, those of the best epoch, AdamW's moments, the scaler and the log.
Learning rates, the order of examples and everything left to chance follow from the number of the
step, so nothing else is needed to go on as if nothing had happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from shopclip.dualencoder.atomic import atomic_file
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.training_log import TrainingLog

FORMAT = 1


@dataclass
class TrainingState:
    """What `fit` changes beside the learner.

    Attributes:
        log: its `best_epoch` is that of `best`.
        best: weights of the epoch with the highest validation MRR; empty where there is none.
        done: whether training is complete.
    """

    log: TrainingLog = field(default_factory=TrainingLog)
    best: dict[str, Tensor] = field(default_factory=dict)
    done: bool = False


def write(file: Path, identity: str, state: TrainingState, learner: Learner) -> None:
    """Write the file whole or not at all; of a complete training, the weights and the log."""
    from safetensors.torch import save_file

    tensors = _prefixed("model", learner.model.state_dict())
    if not state.done:
        tensors |= _prefixed("best", state.best) | _prefixed("optimiser", _moments(learner))
    facts = {
        "format": FORMAT,
        "identity": identity,
        "done": state.done,
        "scaler": learner.precision.scaler.state_dict(),
        **state.log.to_rows(),
    }
    with atomic_file(file) as draft:
        save_file(tensors, draft, metadata={"training": json.dumps(facts)})


def read(file: Path, identity: str, learner: Learner) -> TrainingState | None:
    """Bring the learner to the state in a file; None, and no change, if it is another training's.

    Raises:
        ValueError: the file is not whole, or not of this format.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as content:
            facts = json.loads((content.metadata() or {})["training"])
            if facts["format"] != FORMAT:
                raise ValueError(f"written in format {facts['format']}, expected {FORMAT}")
            if facts["identity"] != identity:
                return None
            tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
    except (OSError, KeyError, SafetensorError) as error:
        raise ValueError(str(error)) from error
    return _restore(learner, facts, tensors)


def _restore(
    learner: Learner, facts: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> TrainingState:
    learner.model.load_state_dict(_without_prefix("model", tensors))
    if not facts["done"]:
        _set_moments(learner, _without_prefix("optimiser", tensors))
        learner.precision.scaler.load_state_dict(facts["scaler"])
    return TrainingState(
        TrainingLog.of_rows(facts), _without_prefix("best", tensors), facts["done"]
    )


def _moments(learner: Learner) -> dict[str, Tensor]:
    names = {id(parameter): name for name, parameter in learner.model.named_parameters()}
    return {
        f"{names[id(parameter)]}/{kind}": value
        for parameter, moments in learner.optimiser.state.items()
        for kind, value in moments.items()
    }


def _set_moments(learner: Learner, moments: Mapping[str, Tensor]) -> None:
    """In the layout of the parameter, which fused AdamW relies on."""
    parameters = dict(learner.model.named_parameters())
    for name, value in moments.items():
        of, kind = name.rsplit("/", 1)
        parameter = parameters[of]
        if value.shape == parameter.shape and kind != "step":
            value = torch.empty_like(parameter).copy_(value)
        learner.optimiser.state[parameter][kind] = value.to(parameter.device)


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": value.contiguous().cpu() for name, value in tensors.items()}


def _without_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{prefix}/"): value
        for name, value in tensors.items()
        if name.startswith(f"{prefix}/")
    }
