import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from shopclip.dualencoder.pixels import to_pixel_values


@pytest.mark.parametrize("size", [(224, 224), (64, 48), (80, 60), (33, 71)])
def test_equals_torchvisions_resize_and_normalize(size):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 80, 60, 3), dtype=np.uint8)
    reference = v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(size, antialias=True),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    expected = torch.stack([reference(Image.fromarray(image)) for image in pixels])
    torch.testing.assert_close(
        to_pixel_values(torch.from_numpy(pixels), size), expected, atol=1e-6, rtol=0
    )


def test_black_is_minus_one_and_white_is_one():
    images = torch.tensor([0, 255], dtype=torch.uint8)[:, None, None, None].expand(2, 4, 4, 3)
    values = to_pixel_values(images, (4, 4))
    assert values[0].unique().tolist() == [-1.0]
    assert values[1].unique().tolist() == [1.0]
