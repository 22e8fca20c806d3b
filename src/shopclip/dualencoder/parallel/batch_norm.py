"""Batch normalisation over the parts of a batch that several workers have."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it
from torch import Tensor, nn

from shopclip.dualencoder.parallel.workers import Workers


class SharedBatchNorm2d(nn.BatchNorm2d):
    """`nn.BatchNorm2d` whose batch is that of all workers, on a CPU.

    torch's `SyncBatchNorm` does the same on GPUs, and refuses a CPU.
    """

    workers: Workers

    def forward(self, images: Tensor) -> Tensor:
        """Float (batch, channels, height, width) → the same, normalised by channel."""
        if not self.training:
            return super().forward(images)
        normalised, mean, variance = _Normalise.apply(
            images, self.weight, self.bias, self.eps, self.workers
        )
        if self.track_running_stats:
            count = images.numel() // images.shape[1] * self.workers.world_size
            self._remember(mean, variance * count / max(1, count - 1))
        return normalised  # type: ignore[no-any-return]

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        share = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


class _Normalise(torch.autograd.Function):
    """By torch's own kernels, with what they need of the others in between.

    The variance of equal parts is the mean of theirs and the variance of their means. The gradient
    is that of Ioffe and Szegedy 2015 (Batch Normalization, section 3): what a fixed mean and
    variance would have, less its mean and its projection on the normalised input, both over the
    whole batch.
    """

    @staticmethod
    def forward(
        context: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, workers: Workers
    ) -> tuple[Tensor, Tensor, Tensor]:
        own = torch.batch_norm_update_stats(x.float(), None, None, 0.0)
        means, variances = workers.all_gather(torch.cat(own)[None]).chunk(2, dim=1)
        mean = means.mean(dim=0)
        variance = variances.mean(dim=0) + (means - mean).square().mean(dim=0)
        context.save_for_backward(x, weight, mean, variance)
        context.eps, context.workers = eps, workers
        context.mark_non_differentiable(mean, variance)
        return F.batch_norm(x, mean, variance, weight, bias, False, 0.0, eps), mean, variance

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, variance = context.saved_tensors
        of_x, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradients[0], x, weight, mean, variance, None, None, False, context.eps, [True] * 3
        )
        count = x.numel() // x.shape[1] * context.workers.world_size
        mean_gradient, projection = (
            context.workers.all_reduce(torch.stack([of_bias, of_weight])) / count
        )
        deviation = torch.rsqrt(variance + context.eps)
        slope = -weight * deviation.square() * projection
        offset = -weight * deviation * mean_gradient - slope * mean
        slope, offset = (part.to(x.dtype)[:, None, None] for part in (slope, offset))
        return of_x.add_(offset).addcmul_(x, slope), of_weight, of_bias, None, None


def share_batch_norms(model: nn.Module, workers: Workers) -> None:
    """Let every batch normalisation of the model see the batch of all workers."""
    if workers.world_size == 1:
        return
    for name, part in list(model.named_modules()):
        if type(part) is nn.BatchNorm2d:
            model.set_submodule(name, _shared(part, workers))


def _shared(norm: nn.BatchNorm2d, workers: Workers) -> nn.Module:
    if norm.weight.device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(norm)  # type: ignore[no-any-return]
    shared = SharedBatchNorm2d(
        norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats
    )
    # The very tensors, so that whoever holds the parameters of the model still does.
    shared._parameters, shared._buffers = norm._parameters, norm._buffers
    shared.workers = workers
    return shared
