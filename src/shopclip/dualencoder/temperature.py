"""The learnable temperature of the contrastive loss."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

MAX_SCALE = 100.0  # CLIP (Radford et al. 2021, section 2.5) stops here; above it training diverges.


class Temperature(nn.Module):
    """Multiplies cosine similarities by a learned scale of at most `max_scale`, and may add a bias.

    The scale is the inverse of the temperature and is learned as its logarithm, so that it stays
    positive. The bias is SigLIP's; InfoNCE would not notice one.
    """

    def __init__(
        self, initial: float = 0.07, bias: float | None = None, max_scale: float = MAX_SCALE
    ) -> None:
        super().__init__()
        self.max_scale = max_scale
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / initial)))
        self.bias = None if bias is None else nn.Parameter(torch.tensor(bias))

    @property
    def scale(self) -> Tensor:
        """The clamped scale, a scalar tensor with gradient."""
        return self.log_scale.clamp(max=math.log(self.max_scale)).exp()

    @torch.no_grad()
    def clamp_(self) -> None:
        """Pull the parameter just under the limit; at it or above, it would get no gradient."""
        self.log_scale.clamp_(max=math.log(self.max_scale) - 1e-6)

    def forward(self, similarities: Tensor) -> Tensor:
        logits = similarities * self.scale
        return logits if self.bias is None else logits + self.bias
