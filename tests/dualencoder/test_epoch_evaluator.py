from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.dualencoder import Examples, Recipe, fit
from shopclip.dualencoder.devices import Precision
from shopclip.dualencoder.epoch_evaluator import MAX_EXAMPLES, EpochEvaluator
from shopclip.dualencoder.training_log import Step
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build, differing, weights

FP32 = Precision("fp32", torch.device("cpu"))
STEPS = [
    Step(
        step=6,
        epoch=3,
        loss=2.0,
        chance_loss=3.0,
        gradient_norm=1,
        learning_rate=1,
        temperature=0.5,
        images_per_second=1,
    ),
    Step(
        step=7,
        epoch=3,
        loss=1.0,
        chance_loss=2.0,
        gradient_norm=1,
        learning_rate=1,
        temperature=0.25,
        images_per_second=1,
    ),
]


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def numbered(caption_ids):
    """Examples without pictures, in a store of which they are the last rows."""
    captions = tuple(f"caption {number}" for number in range(max(caption_ids) + 1))
    count = len(caption_ids)
    images = np.zeros((count + 5, 2, 2, 3), dtype=np.uint8)
    return Examples(images, np.arange(count) + 5, np.array(caption_ids), captions)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=80), st.integers(2, 50))
@settings(deadline=None)
def test_takes_examples_with_captions_of_their_own_and_no_more_than_asked(caption_ids, most):
    examples = numbered(caption_ids)
    evaluator = EpochEvaluator.of(examples, most)
    distinct = len(set(caption_ids))
    assert len(evaluator.images) == len(evaluator.captions)
    if distinct >= 2:
        assert len(evaluator.captions) == len(set(evaluator.captions)) == min(most, distinct)
    of_row = dict(zip(examples.rows, examples.caption_ids, strict=True))
    assert [examples.captions[of_row[row]] for row in evaluator.images] == list(evaluator.captions)


def test_takes_them_evenly_from_all_there_are():
    evaluator = EpochEvaluator.of(numbered(list(range(1000))), 5)
    gaps = np.diff(np.sort(evaluator.images))
    assert gaps.min() > 240


def test_takes_the_same_ones_every_time():
    examples = numbered(list(np.random.default_rng(0).integers(50, size=400)))
    first, again = (EpochEvaluator.of(examples, 20) for _ in range(2))
    assert first.captions == again.captions
    assert first.images.tolist() == again.images.tolist()


def test_a_thousand_examples_are_enough():
    assert MAX_EXAMPLES == 1000
    assert len(EpochEvaluator.of(numbered(list(range(3000)))).captions) == MAX_EXAMPLES


def naive_mrr(images, texts):
    """One over the place of the own answer, ties shared evenly, in both directions."""
    similarities = images.astype(np.float64) @ texts.T.astype(np.float64)
    found = []
    for matrix in (similarities, similarities.T):
        for own, row in enumerate(matrix):
            better = sum(row > row[own] + 1e-6)
            tied = sum(abs(row - row[own]) <= 1e-6)
            found.append(np.mean([1 / place for place in range(better + 1, better + tied + 1)]))
    return np.mean(found)


@pytest.mark.parametrize(("text", "image"), [(BERT, RESNET), (GPT, VIT)])
def test_its_figures_are_those_of_the_embeddings(text, image, examples):
    model = build(text, image)
    images = model.embed_images(examples.images[:4])
    texts = model.embed_captions(examples.captions)
    seen = EpochEvaluator.of(examples).evaluate(model, STEPS, FP32, seconds=1.5)
    assert (seen.epoch, seen.step, seen.seconds) == (3, 8, 1.5)
    assert (seen.loss, seen.chance_loss, seen.temperature) == (1.5, 2.5, 0.25)
    for side, embeddings in (("image", images), ("text", texts)):
        cosines = (embeddings @ embeddings.T)[~np.eye(4, dtype=bool)]
        assert getattr(seen, f"{side}_mean_cosine") == pytest.approx(cosines.mean(), abs=1e-5)
        shares = np.linalg.svd(embeddings.astype(np.float64), compute_uv=False)
        shares /= shares.sum()
        rank = np.exp(-(shares * np.log(shares)).sum())
        assert getattr(seen, f"{side}_effective_rank") == pytest.approx(rank, rel=1e-4)
    assert seen.mrr == pytest.approx(naive_mrr(images, texts), abs=1e-6)


def test_its_hubs_are_images_found_by_captions(monkeypatch):
    """Three pictures lie nearest to every caption; no caption lies nearest to many pictures."""
    generator = np.random.default_rng(0)
    texts = unit(generator.normal(size=(60, 8)) + 1)
    images = unit(generator.normal(size=(60, 8)))
    images[:3] = unit(np.ones((3, 8)) + 0.01 * images[:3])
    evaluator = EpochEvaluator.of(numbered(list(range(60))))
    model = SimpleNamespace(embed_images=lambda *_: images, embed_captions=lambda _: texts)
    similarities = texts @ images.T
    found_by_captions, found_by_images = (
        scipy.stats.skew(np.bincount(np.argsort(-one)[:, :10].ravel(), minlength=60))
        for one in (similarities, similarities.T)
    )
    assert abs(found_by_captions - found_by_images) > 1
    assert evaluator.evaluate(model, STEPS, FP32, seconds=1).hubness == pytest.approx(
        found_by_captions
    )


def test_looking_changes_no_weight_and_draws_nothing(examples):
    model = build(BERT, RESNET)
    before, state = weights(model), torch.get_rng_state()
    first, again = (
        EpochEvaluator.of(examples).evaluate(model, STEPS, FP32, seconds=1) for _ in range(2)
    )
    assert first == again
    assert differing(before, weights(model)) == []
    assert torch.equal(torch.get_rng_state(), state)


def test_a_single_caption_tells_nothing_apart_but_is_no_error(examples):
    same = replace(examples, caption_ids=np.zeros(64, dtype=np.int64))
    log = fit(build(BERT, RESNET), same, Recipe(epochs=1, batch_size=16))
    (epoch,) = log.epochs
    assert epoch.text_mean_cosine == pytest.approx(1)
    assert epoch.text_effective_rank == pytest.approx(1, abs=1e-3)
    # From picture to caption all answers tie; the other way the pictures have one order for all.
    assert epoch.mrr == pytest.approx(np.mean(1 / np.arange(1, 65)), rel=0.2)


def test_two_examples_are_enough(examples):
    two = replace(examples, rows=examples.rows[:2], caption_ids=examples.caption_ids[:2])
    (epoch,) = fit(build(BERT, RESNET), two, Recipe(epochs=1, batch_size=2)).epochs
    assert 0.5 <= epoch.mrr <= 1


def test_after_training_the_towers_rank_what_they_learned(examples):
    log = fit(build(GPT, VIT), examples, Recipe(epochs=12, batch_size=16))
    assert log.epochs[-1].mrr > 0.9
    assert [epoch.step for epoch in log.epochs] == [4 * number for number in range(1, 13)]


def test_an_epoch_says_the_means_of_its_own_steps(examples):
    log = fit(build(GPT, VIT), examples, Recipe(epochs=3, batch_size=16))
    for epoch in log.epochs:
        own = [step for step in log.steps if step.epoch == epoch.epoch]
        assert len(own) == 4
        assert epoch.loss == pytest.approx(np.mean([step.loss for step in own]))
        assert epoch.temperature == own[-1].temperature
        assert epoch.seconds > 0
