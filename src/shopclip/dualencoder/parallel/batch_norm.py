"""Batch normalisation over the parts of a batch that several workers have."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from shopclip.dualencoder.parallel.workers import Workers


class SharedBatchNorm2d(nn.BatchNorm2d):
    """`nn.BatchNorm2d` whose batch is that of all workers, on any device.

    torch's own `SyncBatchNorm` is the faster one on GPUs, and refuses a CPU. The variance of equal
    parts is the mean of theirs and the variance of their means.
    """

    workers: Workers

    def forward(self, pictures: Tensor) -> Tensor:
        """Float (batch, channels, height, width) → the same, normalised by channel."""
        if not self.training:
            return super().forward(pictures)
        variance, mean = torch.var_mean(pictures.float(), dim=(0, 2, 3), correction=0)
        variances, means = self.workers.gather(torch.cat([variance, mean])[None]).chunk(2, dim=1)
        mean = means.mean(dim=0)
        variance = variances.mean(dim=0) + (means - mean).square().mean(dim=0)
        if self.track_running_stats:
            count = pictures.numel() // pictures.shape[1] * self.workers.count
            self._remember(mean.detach(), variance.detach() * count / max(1, count - 1))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        return (
            pictures * scale.to(pictures.dtype)[:, None, None]
            + shift.to(pictures.dtype)[:, None, None]
        )

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        share = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def share_batch_norms(model: nn.Module, workers: Workers) -> None:
    """Let every batch normalisation of the model see the batch of all workers."""
    if workers.count == 1:
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
