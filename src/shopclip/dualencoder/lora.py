"""Low-rank adapters beside an encoder's frozen weights (LoRA, arXiv 2106.09685), by peft."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from shopclip.dualencoder.recipe import Recipe
from shopclip.errors import ShopclipError


class LoraError(ShopclipError):
    """An encoder cannot have adapters, or peft is not installed."""


def add_adapters(encoder: nn.Module, recipe: Recipe, seed: int) -> None:
    """Put adapters beside the linear layers that peft adapts in such an architecture.

    Only they learn. They begin as nothing: the encoder says what it said before.

    Raises:
        LoraError: the encoder has no such layer, or peft is missing.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ModuleNotFoundError as error:
        raise LoraError(
            "text_mode or image_mode is lora, which takes: pip install -e '.[lora]'"
        ) from error
    targets = _targets(encoder)
    config = LoraConfig(
        r=recipe.lora_rank, lora_alpha=recipe.lora_alpha, target_modules=targets, lora_dropout=0.0
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, encoder)
    for name, parameter in encoder.named_parameters():
        parameter.requires_grad_("lora_" in name)


def merge_adapters(encoder: nn.Module) -> None:
    """Add what the adapters have learned to the weights beside them, and take them out."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = [(n, m) for n, m in encoder.named_modules() if isinstance(m, BaseTunerLayer)]
    for name, layer in adapted:
        layer.merge()
        parent, _, own = name.rpartition(".")
        setattr(encoder.get_submodule(parent), own, layer.get_base_layer())
    encoder.requires_grad_(True)


def _targets(encoder: Any) -> list[str]:
    """Names of layers: those of attention as peft knows the architecture, else all linear ones."""
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as KNOWN
    from transformers.pytorch_utils import Conv1D

    # torch's own attention reads its output layer's weight and never calls the layer.
    unasked = {
        f"{name}.out_proj"
        for name, module in encoder.named_modules()
        if isinstance(module, nn.MultiheadAttention)
    }
    linear = [
        name
        for name, module in encoder.named_modules()
        if isinstance(module, nn.Linear | Conv1D) and name not in unasked
    ]
    known = KNOWN.get(encoder.config.model_type, [])
    chosen = [name for name in linear if name.rpartition(".")[2] in known] or linear
    if not chosen:
        raise LoraError(
            f"a {encoder.config.model_type} has no linear layers for lora; expected mode train, "
            "frozen or cached"
        )
    return chosen
