"""Where towers compute."""

from __future__ import annotations

import torch

from shopclip.errors import ShopclipError


class DeviceError(ShopclipError):
    """This machine has no such device."""


def choose_device(wanted: str = "auto") -> torch.device:
    """CUDA where there is one, else the CPU, unless a device is named.

    Raises:
        DeviceError: the device that is named is none, or this machine lacks it.
    """
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise DeviceError(
            f"training.device is {wanted!r}, expected auto, cpu, cuda or cuda:N"
        ) from error
    if device.type == "cuda":
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= there:
            raise DeviceError(
                f"training.device is {wanted!r}, but torch finds {_counted(there)} here; "
                "set it to auto, which takes a GPU where there is one, or to cpu"
            )
    return device


def _counted(gpus: int) -> str:
    if not gpus:
        return "no GPU"
    return "one GPU, cuda:0," if gpus == 1 else f"{gpus} GPUs, cuda:0 to cuda:{gpus - 1},"
