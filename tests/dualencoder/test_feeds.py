from dataclasses import replace

import numpy as np
import pytest
import torch

from shopclip.dualencoder import Recipe
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.feeds import build_feeds, draw_captions
from shopclip.dualencoder.parallel.workers import BatchShard, Workers
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build, still, varied

FP32 = Precision("fp32", torch.device("cpu"))
BATCH = np.array([5, 40, 3, 41, 5])
ALL = BatchShard.whole(len(BATCH))


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def feeds(examples, text=BERT, image=RESNET, **options):
    """The feeds of small towers in evaluation, and the towers."""
    model = build(text, image).eval()
    recipe = Recipe(**{"crop": 1, "flip": False, **options})
    return (*build_feeds(model, examples, recipe, FP32, None, Workers()), model)


def test_pictures_and_captions_of_a_batch_are_those_of_its_examples_in_order(examples):
    images, texts, model = feeds(examples)
    (pixels,) = images.take(BATCH, draws(), ALL)
    assert np.array_equal(pixels.numpy(), examples.images[examples.rows[BATCH]])
    ids, mask = texts.take(BATCH, draws(), ALL)
    for row, own, example in zip(ids, mask, BATCH, strict=True):
        caption = examples.captions[examples.caption_ids[example]]
        assert row[own.bool()].tolist() == model.text.tokenizer(caption)["input_ids"]


@pytest.mark.parametrize(("text", "image"), [(BERT, RESNET), (GPT, VIT)])
@pytest.mark.parametrize("mode", ["train", "frozen", "cached"])
def test_every_feed_embeds_what_it_took_as_the_model_does(mode, text, image, examples):
    images, texts, model = feeds(examples, text, image, text_mode=mode, image_mode=mode)
    with torch.no_grad():
        seen = images.embed(*images.take(BATCH, draws(), ALL)).numpy()
        read = texts.embed(*texts.take(BATCH, draws(), ALL)).numpy()
    captions = [examples.captions[number] for number in examples.caption_ids[BATCH]]
    np.testing.assert_allclose(seen, model.embed_images(examples.images, BATCH), atol=1e-5)
    np.testing.assert_allclose(read, model.embed_captions(captions), atol=1e-5)


@pytest.mark.parametrize("mode", ["train", "cached"])
def test_captions_of_many_lengths_keep_their_places(mode, examples):
    captions = tuple("shirt " * (1 + number % 7) + str(number) for number in range(64))
    long = replace(examples, captions=captions, caption_ids=np.arange(64))
    _, texts, model = feeds(long, still(GPT), text_mode=mode)
    for batch in (np.arange(64), np.array([13]), np.array([6, 0])):
        with torch.no_grad():
            read = texts.embed(*texts.take(batch, draws(), BatchShard.whole(len(batch)))).numpy()
        expected = model.embed_captions([captions[number] for number in batch])
        np.testing.assert_allclose(read, expected, atol=1e-5)


def test_a_caption_without_variants_is_its_own_and_draws_nothing(examples):
    generator = draws()
    before = generator.get_state()
    drawn = draw_captions(examples, BATCH, generator)
    assert drawn.tolist() == examples.caption_ids[BATCH].tolist()
    assert torch.equal(generator.get_state(), before)


def test_every_variant_is_drawn_about_as_often_and_only_for_its_example(examples):
    several = varied(examples)
    batch = np.repeat(np.arange(64), 60)
    drawn = draw_captions(several, batch, draws()).numpy()
    for example in range(64):
        own, counts = np.unique(drawn[batch == example], return_counts=True)
        assert own.tolist() == several.variants[example].tolist()
        assert counts.min() >= 5


@pytest.mark.parametrize("mode", ["train", "cached"])
def test_the_same_draws_give_the_same_batch_and_others_another(mode, examples):
    images, texts, _ = feeds(varied(examples), crop=0.5, flip=True, jitter=0.2, text_mode=mode)
    batch = np.arange(64)

    def taken(seed):
        generator = draws(seed)
        whole = BatchShard.whole(64)
        return *images.take(batch, generator, whole), *texts.take(batch, generator, whole)

    first, again, other = taken(1), taken(1), taken(2)
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    for one, two in zip(first[:2], other[:2], strict=True):  # pixels, and tokens or features
        assert one.shape != two.shape or not torch.equal(one, two)


def test_cached_pictures_are_not_augmented(examples):
    images, _, _ = feeds(examples, image_mode="cached", crop=0.5, flip=True, jitter=0.2)
    generator = draws()
    before = generator.get_state()
    one, other = images.take(BATCH, generator, ALL)[0], images.take(BATCH, draws(9), ALL)[0]
    assert torch.equal(one, other)
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("mode", ["train", "cached"])
def test_parts_of_a_batch_are_embedded_as_in_the_whole_of_it(mode, examples):
    options = {"crop": 0.5, "flip": True, "text_mode": mode, "image_mode": mode}
    images, texts, _ = feeds(varied(examples), **options)
    batch = np.arange(10, 22)

    def embedded(part):
        generator = draws(4)
        taken = images.take(batch, generator, part), texts.take(batch, generator, part)
        with torch.no_grad():
            return torch.cat([images.embed(*taken[0]), texts.embed(*taken[1])], dim=1)

    halves = [embedded(BatchShard(start, start + 6, 12)) for start in (0, 6)]
    torch.testing.assert_close(torch.cat(halves), embedded(BatchShard.whole(12)))
