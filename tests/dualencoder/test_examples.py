import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.dualencoder import Examples
from shopclip.files.image_store import ImageStore

IMAGES = np.arange(6 * 2 * 2 * 3, dtype=np.uint8).reshape(6, 2, 2, 3)
STORE = ImageStore(IMAGES, pd.Series(list("abcdef")), pd.DataFrame(), "a name")


def test_examples_of_equal_keys_share_the_caption_of_the_first():
    keys = np.array(["shirt", "cap", "shirt", "bag"], dtype=object)
    found = Examples.collect(STORE, np.array([5, 0, 2, 3]), keys, ["Shirt", "Cap", "SHIRT", "Bag"])
    assert found.caption_ids.tolist() == [0, 1, 0, 2]
    assert found.captions == ("Shirt", "Cap", "Bag")
    np.testing.assert_array_equal(found.pixels(np.array([2, 0])), IMAGES[[2, 5]])
    assert found.images_fingerprint == "a name"
    assert found.variants is None


@given(st.lists(st.integers(0, 5)))
@settings(deadline=None)
def test_captions_are_numbered_in_the_order_in_which_they_are_met(keys):
    captions = [f"{key} at {place}" for place, key in enumerate(keys)]
    met = list(dict.fromkeys(keys))
    rows = np.zeros(len(keys), dtype=np.int32)
    found = Examples.collect(STORE, rows, np.array(keys, dtype=np.int64), captions)
    assert found.caption_ids.tolist() == [met.index(key) for key in keys]
    assert found.captions == tuple(captions[keys.index(key)] for key in met)
    assert found.caption_ids.dtype == found.rows.dtype == np.int64
