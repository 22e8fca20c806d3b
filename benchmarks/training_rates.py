"""Rates of several sides, measured in turns so that a slow minute of the machine slows them all."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
import torchvision
import transformers

Work = Callable[[], int]  # does its work once and returns how many images that were


@dataclass(frozen=True)
class Row:
    """A ratio of two rates, and the bar that it is held against.

    Attributes:
        what: which towers, and which side over which other.
        ours, other: images a second of either side.
        bar: least ratio that is good enough; None where the row only informs.
        facts: anything else that belongs to it.
    """

    what: str
    ours: float
    other: float
    bar: float | None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.ours / self.other

    @property
    def met(self) -> bool | None:
        return None if self.bar is None else self.ratio >= self.bar

    def described(self) -> dict[str, Any]:
        """For JSON."""
        rates = {"ours": round(self.ours, 2), "other": round(self.other, 2)}
        verdict = {"ratio": round(self.ratio, 4), "bar": self.bar, "met": self.met}
        return {"what": self.what, **rates, **verdict, **asdict(self)["facts"]}

    def line(self) -> str:
        """A row of the table."""
        met = {True: "yes", False: "NO", None: ""}[self.met]
        bar = "" if self.bar is None else f"{self.bar:g}"
        rates = f"{self.ours:,.1f} | {self.other:,.1f} | {self.ratio:.3g}"
        return f"| {self.what} | {rates} | {bar} | {met} |"


HEAD = "| what | ours, images/s | other, images/s | ratio | bar | met |\n|---|--:|--:|--:|--:|---|"


def alternate(sides: Mapping[str, Work], repeats: int, device: torch.device) -> dict[str, float]:
    """Images a second of each side, the best of `repeats` rounds in which all take their turn."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, work in sides.items():
            started = time.perf_counter()
            count = work()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            rates[name].append(count / (time.perf_counter() - started))
            print(f"  {name}: {rates[name][-1]:,.1f} images/s", file=sys.stderr)
    return {name: max(found) for name, found in rates.items()}


def machine(device: torch.device) -> dict[str, Any]:
    """What the numbers depend on."""
    processor = platform.processor() or platform.machine()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor
    return {
        "device": f"{device.type}, {name}",
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "transformers": transformers.__version__,
    }
