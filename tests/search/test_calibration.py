import numpy as np
import pandas as pd
import pytest

from shopclip.search.calibration import (
    calibrate,
    calibration_error,
    frequencies,
    probabilities,
    votes,
)
from shopclip.search.products import ProductTable


def test_votes_are_the_exponentials_of_cosines_by_value():
    similarities = np.array([[0.9, 0.8, 0.8, 0.5]], np.float32)
    codes = np.array([[1, 0, 1, -1]])
    expected = [np.exp(-2), 1 + np.exp(-2), 0]  # the unknown value has no vote
    np.testing.assert_allclose(votes(similarities, codes, 3), [expected], rtol=1e-5)


def test_chances_are_powers_of_votes_mixed_with_what_is_usual():
    prior = np.array([0.5, 0.3, 0.2])
    scored = probabilities(np.array([[4.0, 1.0, 0.0]]), prior, scale=0.5, smoothing=0.1)
    np.testing.assert_allclose(scored, [[0.9 * 2 / 3 + 0.05, 0.9 / 3 + 0.03, 0.02]])


def test_without_votes_the_usual_is_told():
    prior = np.array([0.7, 0.3])
    np.testing.assert_allclose(
        probabilities(np.zeros((1, 2)), prior, scale=2, smoothing=0.1), [prior]
    )


def test_frequencies_count_every_value_once_more():
    np.testing.assert_allclose(frequencies(np.array([0, 0, 1, -1]), 3), [3 / 6, 2 / 6, 1 / 6])


def test_the_calibration_error_is_the_mean_gap_of_the_bins():
    scores = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    # .95 is said where .75 is right, .55 where .5 is
    assert calibration_error(scores, right) == pytest.approx((4 * 0.2 + 2 * 0.05) / 6)
    assert calibration_error(np.ones(3), np.ones(3, bool)) == 0


def shop(count=4000, noisy=0.35, seed=0):
    """Clustered vectors whose attribute is that of their cluster, but for a noisy share."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(6, 16))
    clusters = generator.integers(0, 6, count)
    vectors = centres[clusters] + 0.35 * generator.normal(size=(count, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    values = np.where(generator.random(count) < noisy, generator.integers(0, 6, count), clusters)
    examples = pd.DataFrame(
        {
            "id": [str(n) for n in range(count)],
            "caption_id": np.arange(count),
            "split": np.where(np.arange(count) % 5 == 0, "held_out", "train"),
            "caption": "x",
            "row": np.arange(count),
            "baseColour": np.array(list("abcdef"))[values],
            "year": np.arange(count) % 9,
        }
    )
    return ProductTable.of(examples), vectors.astype(np.float32)


def test_scores_of_a_noisy_attribute_are_as_sure_as_they_are_right():
    facts = calibrate(*shop())
    assert facts["split"] == "held_out"
    assert set(facts["attributes"]) == {"baseColour"}
    fitted = facts["attributes"]["baseColour"]
    assert fitted["judged"] == 800
    assert fitted["accuracy"] == pytest.approx(0.65 + 0.35 / 6, abs=0.05)
    assert fitted["error"] < 0.05


def test_calibration_mends_votes_that_are_too_sure():
    products, vectors = shop(noisy=0.6, seed=1)
    vectors[:, 0] += 3  # all alike, so that the votes are spread over strangers
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    fitted = calibrate(products, vectors)["attributes"]["baseColour"]
    assert fitted["error"] < fitted["error_before"]


def test_without_held_out_products_nothing_is_fitted_and_this_is_told():
    products, vectors = shop(count=60)
    facts = calibrate(products, vectors)
    assert facts["split"] is None
    assert facts["attributes"]["baseColour"] == {"scale": 1.0, "smoothing": 0.01}
