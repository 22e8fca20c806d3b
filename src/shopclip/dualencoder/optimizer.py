"""AdamW with a learning rate a part, and its schedule."""

from __future__ import annotations

import math

from torch import nn
from torch.optim import AdamW

from shopclip.dualencoder.recipe import Recipe


def build_optimizer(model: nn.Module, recipe: Recipe) -> AdamW:
    """AdamW in which either encoder learns at its own rate, projections and temperature at a third.

    Norms, biases and the temperature are not decayed: decay would pull them to a meaningless zero.
    """
    rates = {
        "text.encoder.": recipe.text_learning_rate,
        "image.encoder.": recipe.image_learning_rate,
    }
    projections = recipe.projection_learning_rate
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = next((rates[part] for part in rates if name.startswith(part)), projections)
            decay = recipe.weight_decay if parameter.ndim >= 2 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return AdamW(
        [
            {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
            for (rate, decay), parameters in groups.items()
        ],
        betas=(0.9, recipe.beta2),
        eps=recipe.eps,
        fused=True,
    )


def set_learning_rates(optimizer: AdamW, step: int, *, steps: int, warmup: float) -> float:
    """Give every group its rate at this step, of its own peak; returns the highest.

    It depends on the number of the step alone, so that a resumed training has nothing to restore.
    """
    share = share_of_peak(step, steps=steps, warmup=warmup)
    for group in optimizer.param_groups:
        group["lr"] = share * group["peak"]
    return float(max(group["lr"] for group in optimizer.param_groups))


def share_of_peak(step: int, *, steps: int, warmup: float) -> float:
    """Linear warm-up over a share of the steps, then half a cosine down to zero."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
