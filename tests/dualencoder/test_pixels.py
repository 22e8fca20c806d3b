import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from shopclip.dualencoder.pixels import augment, to_pixel_values


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


def test_a_crop_keeps_at_least_its_share_and_lies_within_the_image():
    images = torch.arange(2 * 20 * 10 * 3, dtype=torch.uint8).reshape(2, 20, 10, 3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        cropped = augment(images, crop=0.8, flip=False, generator=generator)
        assert 16 <= cropped.shape[1] <= 20
        assert 8 <= cropped.shape[2] <= 10
        windows = images.unfold(1, cropped.shape[1], 1).unfold(2, cropped.shape[2], 1)
        found = (windows == cropped.permute(0, 3, 1, 2)[:, None, None]).flatten(3).all(3)
        assert found.any(1).any(1).all()


def test_about_half_of_the_images_are_mirrored_and_the_others_untouched():
    images = torch.randint(256, (400, 4, 6, 3), generator=torch.Generator().manual_seed(1))
    images = images.to(torch.uint8)
    turned = augment(images, crop=1, flip=True, generator=torch.Generator().manual_seed(2))
    mirrored = (turned == images.flip(2)).flatten(1).all(1)
    untouched = (turned == images).flatten(1).all(1)
    assert (mirrored | untouched).all()
    assert 150 < mirrored.sum() < 250


def test_without_augmentation_nothing_changes():
    images = torch.randint(256, (3, 4, 6, 3)).to(torch.uint8)
    same = augment(images, crop=1, flip=False, generator=torch.Generator())
    assert torch.equal(same, images)
