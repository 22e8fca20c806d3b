"""Devices, and the precision that they compute in."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager

import torch

from shopclip.errors import ShopclipError

logger = logging.getLogger(__name__)


class DeviceError(ShopclipError):
    """This machine has no such device."""


def choose_device(device: str = "auto") -> torch.device:
    """CUDA where there is one, else the CPU, unless a device is named, which may be a cluster's.

    Raises:
        DeviceError: what is named is no device.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(device)
    except RuntimeError as error:
        raise DeviceError(
            f"training.device is {device!r}, expected auto, cpu, cuda or cuda:N"
        ) from error


def check_device(wanted: str) -> None:
    """See to it that this machine has a device.

    Raises:
        DeviceError: it is none, or this machine lacks it.
    """
    device = choose_device(wanted)
    if device.type == "cuda":
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= there:
            raise DeviceError(
                f"training.device is {wanted!r}, but torch finds {_counted(there)} here; "
                "set it to auto, which takes a GPU where there is one, or to cpu"
            )


def _counted(gpus: int) -> str:
    if not gpus:
        return "no GPU"
    return "one GPU, cuda:0," if gpus == 1 else f"{gpus} GPUs, cuda:0 to cuda:{gpus - 1},"


def computes_in_bf16(device: torch.device) -> bool:
    """Whether a device multiplies bf16 by itself; a CPU of AVX2 alone emulates it, very slowly."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Precision:
    """Autocast to a format, and a gradient scaler where its exponents are too few.

    fp16 ends at 6e-8, under which gradients vanish, so the loss is scaled up before they are
    computed and they are scaled down before they are used (Micikevicius et al. 2018). bf16 has the
    exponents of fp32 and needs none of this.

    Attributes:
        name: fp32, bf16 or fp16; of "auto", bf16 where the device computes in it, else fp32.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        if name == "auto":
            name = "bf16" if computes_in_bf16(device) else "fp32"
        elif name == "bf16" and not computes_in_bf16(device):
            logger.warning(
                "precision is bf16, which this %s only emulates, many times slower than fp32; "
                "auto takes it where it is fast",
                device.type.upper(),
            )
        self.name = name
        self._device, self._dtype = device.type, DTYPES[name]
        self.scaler = torch.amp.GradScaler(device.type, enabled=name == "fp16")

    def autocast(self) -> AbstractContextManager[None]:
        """A new context each time: a cast of weights under no_grad must not outlive it."""
        return torch.autocast(self._device, self._dtype, enabled=self._dtype is not torch.float32)
