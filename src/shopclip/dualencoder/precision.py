"""The number format of the towers' forward pass."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Precision:
    """Autocast to a format, and a gradient scaler where its exponents are too few.

    fp16 ends at 6e-8, under which gradients vanish, so the loss is scaled up before they are
    computed and they are scaled down before they are used (Micikevicius et al. 2018). bf16 has the
    exponents of fp32 and needs none of this.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        self.name = name
        self._device, self._dtype = device.type, DTYPES[name]
        self.scaler = torch.amp.GradScaler(device.type, enabled=name == "fp16")

    def autocast(self) -> AbstractContextManager[None]:
        """A new context each time: a cast of weights under no_grad must not outlive it."""
        return torch.autocast(self._device, self._dtype, enabled=self._dtype is not torch.float32)
