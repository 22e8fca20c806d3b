import math

import numpy as np
import pytest

from shopclip.metrics.geometry import alignment, geometry, modality_gap, uniformity


def unit(count, seed, embed_dim=8):
    rows = np.random.default_rng(seed).normal(size=(count, embed_dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def squared(one, two):
    return sum((float(a) - float(b)) ** 2 for a, b in zip(one, two, strict=True))


def test_alignment_is_the_mean_of_a_naive_loop():
    images, texts = unit(17, 0), unit(17, 1)
    loop = [squared(image, text) for image, text in zip(images, texts, strict=True)]
    assert alignment(images, texts) == pytest.approx(sum(loop) / 17)


def test_uniformity_is_the_log_of_a_naive_double_loop():
    rows = unit(23, 2)
    potentials = [
        math.exp(-2 * squared(rows[i], rows[j])) for i in range(23) for j in range(23) if i != j
    ]
    expected = math.log(sum(potentials) / len(potentials))
    assert uniformity(rows) == pytest.approx(expected)


def test_the_gap_is_the_distance_of_the_means():
    images, texts = unit(9, 3), unit(14, 4)
    centres = [[sum(map(float, axis)) / len(rows) for axis in rows.T] for rows in (images, texts)]
    assert modality_gap(images, texts) == pytest.approx(math.sqrt(squared(*centres)))


def test_extremes_have_known_values():
    one, other = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert alignment(one, one) == 0
    assert alignment(one, other) == 2
    assert alignment(one, -one) == 4
    point = np.repeat(one, 5, axis=0)
    assert uniformity(point) == 0
    assert uniformity(np.concatenate([one, -one])) == pytest.approx(-8)
    assert modality_gap(point, -point) == 2
    assert modality_gap(point, point) == 0


def test_float32_embeddings_of_one_point_have_no_negative_distance():
    point = np.repeat(unit(1, 5, 128), 50, axis=0)
    assert uniformity(point) == pytest.approx(0, abs=1e-5)
    assert uniformity(point) <= 0


def test_all_are_told_by_name():
    images, texts = unit(9, 6), unit(9, 7)
    assert geometry(images, texts) == {
        "alignment": alignment(images, texts),
        "image_uniformity": uniformity(images),
        "text_uniformity": uniformity(texts),
        "modality_gap": modality_gap(images, texts),
    }
