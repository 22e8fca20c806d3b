import pytest
import torch

from shopclip.dualencoder import Recipe
from shopclip.dualencoder.parallel.workers import BatchShard
from shopclip.dualencoder.pixels import augment, crop_and_flip, jitter


def noise(count, height=20, width=10):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(256, (count, height, width, 3), generator=generator).to(torch.uint8)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_crop_keeps_at_least_its_share_and_is_a_window_of_its_own_image():
    images = noise(4)
    draws = seeded()
    for _ in range(20):
        cropped = crop_and_flip(images, 0.8, False, draws, BatchShard.whole(len(images)))
        height, width = cropped.shape[1:3]
        assert 16 <= height <= 20
        assert 8 <= width <= 10
        windows = images.unfold(1, height, 1).unfold(2, width, 1)
        found = (windows == cropped.permute(0, 3, 1, 2)[:, None, None]).flatten(3).all(3)
        assert found.flatten(1).any(1).all()


def test_every_image_is_cropped_at_a_place_of_its_own():
    images = noise(1).expand(64, -1, -1, -1)
    cropped = crop_and_flip(images, 0.5, False, seeded(), BatchShard.whole(len(images)))
    assert len(cropped.unique(dim=0)) > 10


def test_about_half_of_the_images_are_mirrored_and_the_others_untouched():
    images = noise(400, 4, 6)
    turned = crop_and_flip(images, 1, True, seeded(2), BatchShard.whole(len(images)))
    mirrored = (turned == images.flip(2)).flatten(1).all(1)
    untouched = (turned == images).flatten(1).all(1)
    assert (mirrored | untouched).all()
    assert 150 < mirrored.sum() < 250


def test_jitter_changes_grey_by_the_factor_of_brightness_alone():
    grey = torch.full((200, 4, 4, 3), 100, dtype=torch.uint8)
    changed = jitter(grey, 0.2, seeded(), BatchShard.whole(len(grey)))[:, 0, 0, 0]
    assert changed.min() >= 80
    assert changed.max() <= 120
    assert changed.min() < 90
    assert changed.max() > 110


def test_jitter_stays_within_a_byte():
    extremes = torch.tensor([0, 255], dtype=torch.uint8)[:, None, None, None].expand(2, 4, 4, 3)
    black, white = jitter(extremes, 0.5, seeded(), BatchShard.whole(len(extremes)))
    assert black.max() == 0
    assert white.min() > 120


def test_jitter_changes_the_order_of_no_two_pixels():
    images = noise(8)
    changed = jitter(images, 0.3, seeded(), BatchShard.whole(len(images)))
    for before, after in zip(images.flatten(1).int(), changed.flatten(1).int(), strict=True):
        assert (after[before.argsort()].diff() >= 0).all()


def test_without_augmentation_nothing_changes():
    images = noise(3)
    recipe = Recipe(crop=1, flip=False, jitter=0)
    assert torch.equal(augment(images, recipe, seeded(), BatchShard.whole(3)), images)


@pytest.mark.parametrize("count", [2, 3])
def test_what_happens_to_an_image_does_not_depend_on_how_the_batch_is_divided(count):
    images, recipe = noise(12), Recipe(crop=0.5, flip=True, jitter=0.4)
    whole = augment(images, recipe, seeded(), BatchShard.whole(12))
    share = 12 // count
    parts = [BatchShard(start, start + share, 12) for start in range(0, 12, share)]
    divided = [augment(part.of(images), recipe, seeded(), part) for part in parts]
    assert torch.equal(torch.cat(divided), whole)
