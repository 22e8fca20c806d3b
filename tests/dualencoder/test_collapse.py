import math

import numpy as np
import pytest

from shopclip.dualencoder.collapse import spread, stuck_at_chance


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_mean_cosine_equals_the_mean_over_all_pairs():
    rows = unit(np.random.default_rng(0).normal(size=(40, 8)) + 1)
    cosines = rows @ rows.T
    expected = cosines[~np.eye(40, dtype=bool)].mean()
    assert spread(rows).mean_cosine == pytest.approx(expected)


def test_effective_rank_equals_that_of_the_singular_values():
    rows = unit(np.random.default_rng(1).normal(size=(40, 8)) * np.arange(1, 9))
    shares = np.linalg.svd(rows, compute_uv=False)
    shares /= shares.sum()
    expected = math.exp(-(shares * np.log(shares)).sum())
    assert spread(rows).effective_rank == pytest.approx(expected)


def test_orthogonal_embeddings_use_every_dimension():
    found = spread(np.tile(np.eye(8), (4, 1)))
    assert found.effective_rank == pytest.approx(8)
    assert not found.collapsed


def test_one_point_and_one_line_have_collapsed():
    point = np.tile(unit(np.ones((1, 8))), (20, 1))
    assert spread(point).collapsed
    assert spread(point).effective_rank == pytest.approx(1)
    line = point * np.where(np.arange(20) % 2, 1, -1)[:, None]
    assert spread(line).collapsed


def test_losses_near_the_logarithm_of_the_batch_are_stuck():
    chance = math.log(64)
    assert stuck_at_chance(np.full(50, chance), chance)
    assert not stuck_at_chance(np.linspace(chance, 1, 50), chance)
    assert not stuck_at_chance(np.array([]), chance)
