"""A convolutional stem in the place of a vision transformer's linear patches."""

from __future__ import annotations

from torch import Tensor, nn

from shopclip.errors import ShopclipError


class StemError(ShopclipError):
    """An encoder cannot have the stem that its spec asks for."""


class ConvolutionalStem(nn.Sequential):
    """Pixels (batch, 3, height, width) → patches (batch, width, height / patch, width / patch).

    Strided 3×3 convolutions that halve the picture and double the channels until the patch is
    reached, then a 1×1 one (Xiao et al. 2021, Early Convolutions Help Transformers See Better):
    from scratch a ViT so learns in half the epochs of linear patches.
    """

    def __init__(self, channels: int, width: int, patch: int) -> None:
        halvings = patch.bit_length() - 1
        layers: list[nn.Module] = []
        for left in reversed(range(halvings)):
            wider = width >> left
            layers += [
                nn.Conv2d(channels, wider, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(wider),
                nn.ReLU(inplace=True),
            ]
            channels = wider
        super().__init__(*layers, nn.Conv2d(channels, width, 1))

    @property
    def weight(self) -> Tensor:
        """Transformers asks the patch embedding for the dtype of its weight."""
        return self[-1].weight  # type: ignore[return-value]


def put_convolutional_stem(encoder: nn.Module) -> None:
    """Replace the linear patch embedding of a ViT; torch's global seed decides the weights.

    Raises:
        StemError: the encoder has no square patches of a power of two pixels.
    """
    embedding = next(
        (
            module
            for module in encoder.modules()
            if isinstance(getattr(module, "projection", None), nn.Conv2d)
        ),
        None,
    )
    if embedding is None:
        kind = encoder.config.model_type  # type: ignore[union-attr]
        raise StemError(
            f"stem: convolutional takes the place of linear patches, and a {kind} has none; "
            "leave stem out"
        )
    linear = embedding.projection
    patch = linear.stride[0]  # type: ignore[index,union-attr]
    if linear.stride != (patch, patch) or patch < 2 or patch & (patch - 1):  # type: ignore[union-attr,operator]
        raise StemError(
            f"stem: convolutional halves the picture, so patch_size must be 2, 4, 8, 16 or 32; "
            f"got {linear.stride}"  # type: ignore[union-attr]
        )
    embedding.projection = ConvolutionalStem(linear.in_channels, linear.out_channels, int(patch))  # type: ignore[union-attr,arg-type]
