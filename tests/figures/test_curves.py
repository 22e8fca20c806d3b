import numpy as np
import pandas as pd
import pytest

from shopclip.figures.curves_chart import POINTS, chance_levels, smooth_curves


def log(losses, steps_an_epoch, batch=64):
    epoch = np.arange(len(losses)) // steps_an_epoch
    return pd.DataFrame({"epoch": epoch, "loss": losses, "chance_loss": np.log(batch)})


def test_a_constant_loss_stays_what_it_is_and_ends_with_the_last_epoch():
    (curve,) = smooth_curves({"a": log(np.full(1000, 2.5), 100)})
    np.testing.assert_allclose(curve.losses, 2.5)
    assert len(curve.epochs) == POINTS
    assert curve.epochs[0] == pytest.approx(0.01)
    assert curve.epochs[-1] == pytest.approx(10)


def test_a_short_log_is_shown_as_it_is():
    losses = np.array([3.0, 2.0, 1.0, 0.5])
    (curve,) = smooth_curves({"a": log(losses, 2)})
    np.testing.assert_allclose(curve.losses, losses)
    np.testing.assert_allclose(curve.epochs, [0.5, 1, 1.5, 2])


def test_smoothing_takes_noise_away():
    noise = np.random.default_rng(0).normal(2, 0.5, 2000)
    (curve,) = smooth_curves({"a": log(noise, 100)})
    assert curve.losses[20:].std() < 0.15
    assert curve.losses.mean() == pytest.approx(2, abs=0.05)


def test_pairs_without_training_have_no_curve():
    trained = log(np.ones(4), 2)
    curves = smooth_curves({"b": trained, "c": trained.head(0), "a": trained})
    assert [curve.pair for curve in curves] == ["a", "b"]


def test_a_level_of_chance_for_each_batch_size():
    logs = {name: log(np.ones(4), 2, batch) for name, batch in (("a", 64), ("b", 256), ("c", 64))}
    assert list(chance_levels(smooth_curves(logs)).values()) == ["chance, ln 64", "chance, ln 256"]


def test_only_the_chance_of_a_whole_batch_is_called_a_logarithm():
    sigmoid = log(np.ones(4), 2).assign(chance_loss=[5.14, 5.16, 5.15, 5.15])
    curves = smooth_curves({"a": log(np.ones(4), 2), "b": sigmoid})
    assert curves[1].chance == pytest.approx(5.15)
    assert list(chance_levels(curves).values()) == ["chance, ln 64", "chance, 5.15"]


def test_levels_that_are_called_the_same_are_one():
    logs = {
        name: log(np.ones(4), 2).assign(chance_loss=5.15 + x)
        for name, x in zip("ab", (0, 1e-4), strict=True)
    }
    assert list(chance_levels(smooth_curves(logs)).values()) == ["chance, 5.15"]
