"""The optimizer, with a learning rate a part, and its schedule."""

from __future__ import annotations

import math

from torch import nn
from torch.optim import AdamW, Optimizer

from shopclip.dualencoder.layer_decay import rate_shares
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.muon import MuonWithAdamW, hidden_matrices
from shopclip.dualencoder.recipe import Recipe


def build_optimizer(model: DualEncoder, recipe: Recipe, begins: int = 0) -> Optimizer:
    """Either encoder learns at its own rate, projections and temperature at a third.

    Norms, biases and the temperature are not decayed: decay would pull them to a meaningless zero.
    With `recipe.optimizer: muon` the matrices of encoders in mode train are moved by Muon.

    Args:
        begins: the step in which the encoders begin to learn.
    """
    rates = {"text": recipe.text_learning_rate, "image": recipe.image_learning_rate}
    shares = {
        f"{side}.encoder.{name}": rate * share
        for side, rate in rates.items()
        for name, share in rate_shares(getattr(model, side).encoder, recipe.layer_decay).items()
    }
    matrices = _matrices(model, recipe) if recipe.optimizer == "muon" else set()
    groups: dict[tuple[bool, float, float, int], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = shares.get(name, recipe.projection_learning_rate)
            decay = recipe.weight_decay if parameter.ndim >= 2 else 0.0
            first = begins if name in shares else 0
            key = name in matrices, rate, decay, first
            groups.setdefault(key, []).append(parameter)
    by_muon, by_adamw = (
        [
            {"params": some, "lr": rate, "peak": rate, "weight_decay": decay, "begins": first}
            for (of_muon, rate, decay, first), some in groups.items()
            if of_muon == wanted
        ]
        for wanted in (True, False)
    )
    betas = (0.9, recipe.beta2)
    if by_muon:
        return MuonWithAdamW(by_muon, by_adamw, betas=betas, eps=recipe.eps)
    return AdamW(by_adamw, betas=betas, eps=recipe.eps, fused=True)


def _matrices(model: DualEncoder, recipe: Recipe) -> set[str]:
    """The names of the parameters that Muon moves."""
    modes = {"text": recipe.text_mode, "image": recipe.image_mode}
    return {
        f"{side}.encoder.{name}"
        for side, mode in modes.items()
        if mode == "train"
        for name, _ in hidden_matrices(getattr(model, side).encoder)
    }


def set_learning_rates(optimizer: Optimizer, step: int, *, steps: int, warmup: float) -> float:
    """Give every group its rate at this step, of its own peak; returns the highest.

    It depends on the number of the step alone, so that a resumed training has nothing to restore.
    A group that begins later warms up then, and follows the schedule over the steps that are left.
    """
    for group in optimizer.param_groups:
        begins = group["begins"]
        late = step < begins
        own = share_of_peak(step - begins, steps=steps - begins, warmup=warmup)
        group["lr"] = 0.0 if late else own * group["peak"]
    return float(max(group["lr"] for group in optimizer.param_groups))


def share_of_peak(step: int, *, steps: int, warmup: float) -> float:
    """Linear warm-up over a share of the steps, then half a cosine down to zero."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
