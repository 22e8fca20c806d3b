"""A comparison that can be worked out by hand."""

import numpy as np
import pandas as pd

from shopclip.files.image_store import ImageStore
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.tuning.comparison import compare, held_out_scores

PARAMETERS = EvaluationParameters(resamples=999)
KEYS = [
    (direction, metric)
    for direction in ("image_to_text", "text_to_image")
    for metric in ("accuracy", "mrr_at_10")
]


class Told:
    """Towers that say what they are told: two dimensions, an angle a picture and a caption."""

    def __init__(self, image_degrees, text_degrees):
        self.image_degrees, self.text_degrees = image_degrees, text_degrees

    def embed_images(self, _, rows):
        return self._unit([self.image_degrees[row] for row in rows])

    def embed_captions(self, captions):
        return self._unit([self.text_degrees[caption] for caption in captions])

    def _unit(self, degrees):
        angles = np.deg2rad(degrees)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_the_held_out_products_alone_are_ranked_among_each_other():
    examples = pd.DataFrame(
        {
            "row": [3, 0, 1, 2],
            "caption_id": [7, 5, 6, 5],
            "split": ["train", "held_out", "held_out", "held_out"],
            "caption": ["shoe", "Red shirt", "bag", "red shirt"],
        }
    )
    # Pictures of rows 0, 1 and 2 at 0, 40 and 50 degrees; the captions at 0, 49 and again 0. The
    # first picture ties with both red shirts, the second finds the bag first, the third too.
    model = Told({0: 0, 1: 40, 2: 50, 3: 0}, {"Red shirt": 0, "bag": 49})
    store = ImageStore(np.zeros((4, 2, 2, 3), np.uint8), None, None, "")
    scores = held_out_scores(model, examples, store)
    assert list(scores) == KEYS
    np.testing.assert_allclose(scores["image_to_text", "accuracy"], [0.5, 1, 0])
    # One of two tied places, first or second; first; one of the places two and three.
    np.testing.assert_allclose(
        scores["image_to_text", "mrr_at_10"], [(1 + 1 / 2) / 2, 1, (1 / 2 + 1 / 3) / 2]
    )
    # A red shirt asks: the pictures stand at 0, 40 and 50 degrees from it. The bag asks: at 49, 9
    # and 1, so that its own is second.
    np.testing.assert_allclose(scores["text_to_image", "accuracy"], [1, 0, 0])
    np.testing.assert_allclose(scores["text_to_image", "mrr_at_10"], [1, 1 / 2, 1 / 3])


def same(values):
    return dict.fromkeys(KEYS, np.array(values, dtype=float))


def test_a_difference_has_its_mean_interval_and_corrected_p_value():
    # Twelve captions, of which the tuned recipe alone finds each: only two of the 2 ** 12 choices
    # of signs are as extreme.
    table = compare(same([1] * 12), same([0] * 12), np.arange(12), PARAMETERS)
    assert list(zip(table["direction"], table["metric"], strict=True)) == KEYS
    assert (table[["difference", "low", "high", "tuned"]] == 1).all(axis=None)
    assert (table["default"] == 0).all()
    assert (table["queries"] == 12).all()
    assert (table["p_value"] <= 0.01).all()
    np.testing.assert_allclose(table["adjusted_p_value"], 4 * table["p_value"].max(), rtol=0.5)
    assert table["distinguishable"].all()


def test_what_one_caption_decides_is_not_distinguishable():
    # Twelve products, but of one caption: they are one observation.
    captions = np.zeros(12, dtype=int)
    table = compare(same([1] * 12), same([0] * 12), captions, PARAMETERS)
    assert (table["p_value"] == 1).all()
    assert not table["distinguishable"].any()


def test_a_recipe_beside_itself_is_no_different():
    scores = same([1, 0, 0.5, 1])
    table = compare(scores, scores, np.arange(4), PARAMETERS)
    assert (table[["difference", "low", "high"]] == 0).all(axis=None)
    assert (table["adjusted_p_value"] == 1).all()


def test_the_sign_is_that_of_the_tuned_recipe():
    table = compare(same([0, 0, 1, 0]), same([1, 1, 0, 1]), np.arange(4), PARAMETERS)
    np.testing.assert_allclose(table["difference"], -0.5)
    assert ((table["low"] <= -0.5) & (table["high"] >= -0.5)).all()
