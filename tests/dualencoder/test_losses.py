import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

from shopclip.dualencoder.losses import info_nce


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
