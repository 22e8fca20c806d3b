import math

import numpy as np
import pytest
import scipy.optimize
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.dualencoder.losses import LOSSES, info_nce, siglip


def naive_info_nce(logits, caption_ids):
    """Straight from the formula, one row at a time."""
    total = 0.0
    for matrix in (logits, logits.T):
        for row, own in zip(matrix, caption_ids, strict=True):
            log_shares = row - math.log(sum(math.exp(value) for value in row))
            positives = [
                share for share, other in zip(log_shares, caption_ids, strict=True) if other == own
            ]
            total -= sum(positives) / len(positives) / len(matrix)
    return total / 2


def test_two_examples_by_hand():
    # Each row's softmax over (1, 0) gives its own caption e / (e + 1).
    loss = info_nce(torch.eye(2), torch.tensor([0, 1]))
    assert loss.item() == pytest.approx(-math.log(math.e / (math.e + 1)))


@given(st.integers(2, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_equals_the_formula_with_repeated_captions(batch, captions, seed):
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(batch, batch)) * 5
    caption_ids = generator.integers(captions, size=batch)
    loss = info_nce(torch.from_numpy(logits), torch.from_numpy(caption_ids))
    assert loss.item() == pytest.approx(naive_info_nce(logits, caption_ids), rel=1e-9)


def test_distinct_captions_give_the_loss_of_clip():
    logits = torch.randn(8, 8, generator=torch.Generator().manual_seed(0))
    own = torch.arange(8)
    clip = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
    torch.testing.assert_close(info_nce(logits, own), clip)


def test_towers_that_say_the_same_of_everything_lose_the_logarithm_of_the_batch():
    loss = info_nce(torch.full((64, 64), 3.0), torch.arange(64))
    assert loss.item() == pytest.approx(math.log(64))


def test_a_twin_with_the_same_caption_is_not_pushed_away():
    logits = torch.zeros(2, 2, requires_grad=True)
    info_nce(logits, torch.tensor([5, 5])).backward()
    torch.testing.assert_close(logits.grad, torch.zeros(2, 2))


def naive_siglip(logits, caption_ids):
    """Straight from algorithm 1 of the paper, one combination at a time."""
    total = 0.0
    for row, own in zip(logits, caption_ids, strict=True):
        for value, other in zip(row, caption_ids, strict=True):
            total += math.log(1 + math.exp(-value if own == other else value))
    return total / len(logits)


def batches(largest):
    """Logits and caption ids, some of them repeated."""
    return st.builds(
        lambda batch, captions, seed: (
            np.random.default_rng(seed).normal(size=(batch, batch)) * 5,
            np.random.default_rng(seed + 1).integers(captions, size=batch),
        ),
        st.integers(2, largest),
        st.integers(1, largest),
        st.integers(0, 2**32 - 1),
    )


def test_two_examples_of_siglip_by_hand():
    # Four questions with logits 1, 0, 0, 1; the own captions are rightly affirmed, the others left
    # undecided: 2 ln(1 + 1/e) + 2 ln 2, shared by two examples.
    loss = siglip(torch.eye(2), torch.tensor([0, 1]))
    assert loss.item() == pytest.approx(math.log(1 + 1 / math.e) + math.log(2))


def test_two_examples_of_one_caption_are_affirmed_four_times_by_siglip():
    loss = siglip(torch.eye(2), torch.tensor([7, 7]))
    assert loss.item() == pytest.approx(math.log(1 + 1 / math.e) + math.log(2))
    confident = siglip(torch.full((2, 2), 50.0), torch.tensor([7, 7]))
    assert confident.item() == pytest.approx(0, abs=1e-9)


@given(batches(9))
@settings(deadline=None)
def test_siglip_equals_the_double_loop_with_repeated_captions(batch):
    logits, caption_ids = batch
    loss = siglip(torch.from_numpy(logits), torch.from_numpy(caption_ids))
    assert loss.item() == pytest.approx(naive_siglip(logits, caption_ids), rel=1e-9)


@given(batches(9))
@settings(deadline=None)
def test_siglip_is_a_binary_cross_entropy_over_all_combinations(batch):
    logits, caption_ids = (torch.from_numpy(part) for part in batch)
    answers = (caption_ids[:, None] == caption_ids).double()
    reference = F.binary_cross_entropy_with_logits(logits, answers, reduction="sum") / len(logits)
    torch.testing.assert_close(siglip(logits, caption_ids), reference)


def test_siglip_of_extreme_logits_is_finite():
    logits = torch.tensor([[-1e4, 1e4], [1e4, -1e4]], requires_grad=True)
    loss = siglip(logits, torch.tensor([0, 1]))
    loss.backward()
    assert loss.item() == pytest.approx(2e4)
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("loss", LOSSES)
@given(batches(9))
@settings(deadline=None)
def test_a_loss_does_not_depend_on_the_order_of_the_examples(loss, batch):
    logits, caption_ids = (torch.from_numpy(part) for part in batch)
    shuffled = torch.randperm(len(logits), generator=torch.Generator().manual_seed(0))
    other = LOSSES[loss].of(logits[shuffled][:, shuffled], caption_ids[shuffled])
    torch.testing.assert_close(other, LOSSES[loss].of(logits, caption_ids))


@pytest.mark.parametrize("loss", LOSSES)
@given(batches(12))
@settings(deadline=None)
def test_the_loss_of_chance_is_the_least_that_a_constant_logit_reaches(loss, batch):
    caption_ids = torch.from_numpy(batch[1])
    size = len(caption_ids)

    def of_constant(value):
        logits = torch.full((size, size), float(value), dtype=torch.float64)
        return LOSSES[loss].of(logits, caption_ids).item()

    best = scipy.optimize.minimize_scalar(of_constant, bounds=(-30, 30), method="bounded").fun
    assert LOSSES[loss].uniform(caption_ids) == pytest.approx(best, rel=1e-5, abs=1e-9)


def test_siglip_has_nothing_to_lose_where_all_captions_are_the_same():
    assert LOSSES["siglip"].uniform(torch.zeros(8, dtype=torch.long)) == 0


@pytest.mark.parametrize("loss", LOSSES)
def test_a_perfect_model_loses_less_than_chance(loss):
    caption_ids = torch.tensor([0, 1, 2, 2])
    perfect = torch.where(caption_ids[:, None] == caption_ids, 20.0, -20.0)
    assert LOSSES[loss].of(perfect, caption_ids) < 0.5 * LOSSES[loss].uniform(caption_ids)
