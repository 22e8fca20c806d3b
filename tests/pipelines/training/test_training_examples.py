import numpy as np
import pandas as pd

from shopclip.dualencoder.image_store import ImageStore
from shopclip.pipelines.training.examples import training_examples
from tests.conftest import noise

TABLE = pd.DataFrame(
    {
        "id": list("abcde"),
        "row": range(5),
        "caption_id": [7, 3, 7, 9, 3],
        "split": ["train", "held_out", "train", "train", "held_out"],
        "caption": ["Cap", "Hat", "cap", "Bag", "Hat"],
    }
)


def test_only_the_training_split_is_seen_with_captions_numbered_anew():
    store = ImageStore(noise(5, 8, 6), TABLE["id"], pd.DataFrame(), "")
    training = training_examples(TABLE, store)
    assert training.rows.tolist() == [0, 2, 3]
    assert training.caption_ids.tolist() == [0, 0, 1]
    assert training.captions == ("Cap", "Bag")
    assert np.array_equal(training.pixels(np.array([1])), store.images[[2]])
