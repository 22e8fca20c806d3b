"""Muon for the matrices of encoders, AdamW for all else, as one optimizer.

Muon moves a matrix by its orthogonalized momentum (Jordan et al. 2024, "Muon: an optimizer for
hidden layers in neural networks"), scaled so that learning rate and decay mean what they mean to
AdamW (Liu et al. 2025, "Muon is Scalable for LLM Training", arXiv 2502.16982, section 2.2). torch's
own takes matrices alone; a convolution is one with a row an output channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer

Group = dict[str, Any]


def hidden_matrices(encoder: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The weights that Muon is for, with their names: of linear layers and of full convolutions.

    Not those of embeddings, whose rows are learned one by one, nor of depthwise convolutions, which
    are no map from channels to channels.
    """
    from transformers.pytorch_utils import Conv1D

    tables = {id(m.weight) for m in encoder.modules() if isinstance(m, nn.Embedding)}
    convolutions = nn.Conv1d | nn.Conv2d | nn.Conv3d
    for name, module in encoder.named_modules():
        full = isinstance(module, convolutions) and module.groups == 1
        if (full or isinstance(module, nn.Linear | Conv1D)) and id(module.weight) not in tables:
            yield f"{name}.weight".lstrip("."), module.weight


class MuonWithAdamW(Optimizer):
    """Two optimizers of torch under one list of parameter groups and one state.

    Args:
        matrices: groups of parameters with two or more dimensions, each with `lr` and
            `weight_decay`.
        others: groups for AdamW.
        betas, eps: of AdamW.
    """

    def __init__(
        self,
        matrices: Sequence[Group],
        others: Sequence[Group],
        *,
        betas: tuple[float, float],
        eps: float,
    ) -> None:
        super().__init__([*matrices, *others], {})
        flat = [[_Flat(parameter) for parameter in group["params"]] for group in matrices]
        self._flat = [one for group in flat for one in group]
        self._muon = Muon(
            [
                {"params": [one.view for one in views], "weight_decay": group["weight_decay"]}
                for views, group in zip(flat, matrices, strict=True)
            ],
            adjust_lr_fn="match_rms_adamw",
        )
        self._adamw = AdamW(
            [{"params": g["params"], "weight_decay": g["weight_decay"]} for g in others],
            betas=betas,
            eps=eps,
            fused=True,
        )
        # One state, by the model's own parameters: that is what training resumes from.
        self._adamw.state = self.state
        for one in self._flat:
            self._muon.state[one.view] = self.state[one.parameter]

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Move all parameters that have a gradient, at the rates of `param_groups`."""
        assert closure is None, "the loss is computed before"
        for one in self._flat:
            one.take_gradient()
        inner = [*self._muon.param_groups, *self._adamw.param_groups]
        for group, own in zip(inner, self.param_groups, strict=True):
            group["lr"] = own["lr"]
        self._muon.step()
        self._adamw.step()


class _Flat:
    """A parameter and the same numbers as a matrix, in whatever layout they lie in memory."""

    def __init__(self, parameter: nn.Parameter) -> None:
        self.parameter = parameter
        strides = parameter.stride()
        self._order = (0, *sorted(range(1, parameter.ndim), key=lambda axis: -strides[axis]))
        self.view = nn.Parameter(self._matrix(parameter.detach()).view(len(parameter), -1))

    def take_gradient(self) -> None:
        gradient = self.parameter.grad
        self.view.grad = None
        if gradient is not None:
            self.view.grad = self._matrix(gradient).reshape(self.view.shape)

    def _matrix(self, values: Tensor) -> Tensor:
        return values.permute(self._order)
