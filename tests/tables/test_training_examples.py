import numpy as np
import pandas as pd

from shopclip.files.image_store import ImageStore
from shopclip.parameters import CaptionParameters
from shopclip.tables.training_examples import training_examples, validation_examples
from tests.conftest import noise

TABLE = pd.DataFrame(
    {
        "id": list("abcde"),
        "row": range(5),
        "caption_id": [7, 3, 7, 9, 3],
        "split": ["train", "held_out", "train", "train", "held_out"],
        "caption": ["Cap", "Hat", "cap", "Bag", "Hat"],
        "baseColour": pd.array(["Red", "Blue", "Red", None, "Pink"], dtype="string"),
    }
)

STORE = ImageStore(noise(5, 8, 6), TABLE["id"], pd.DataFrame(), "")


def test_only_the_training_split_is_seen_with_captions_numbered_anew():
    training = training_examples(TABLE, STORE, CaptionParameters(), seed=0)
    assert training.rows.tolist() == [0, 2, 3]
    assert training.caption_ids.tolist() == [0, 0, 1]
    assert training.captions == ("Cap", "Bag")
    assert np.array_equal(training.pixels(np.array([1])), STORE.images[[2]])
    assert training.variants is None


def test_enriched_captions_follow_the_raw_ones_and_leave_the_positives_alone():
    parameters = CaptionParameters(template="{caption}, {baseColour}", field_dropout=0, variants=2)
    training = training_examples(TABLE, STORE, parameters, seed=0)
    assert training.caption_ids.tolist() == [0, 0, 1]
    assert training.captions == ("Cap", "Bag", "Cap, Red", "cap, Red", "Bag")
    assert training.variants.tolist() == [[2, 2], [3, 3], [4, 4]]


def test_attributes_that_tell_products_apart_are_numbered_and_what_is_missing_is_not():
    table = TABLE.assign(
        split="train", season="Fall", gender=["Men", "Women", None, "Men", "Boys"], usage=None
    )
    training = training_examples(table, STORE, CaptionParameters(), seed=0)
    gender, colour = [0, 1, -1, 0, 2], [0, 1, 0, -1, 2]
    assert training.labels.T.tolist() == [gender, colour]
    assert training.labels.dtype == np.int64


def test_without_attributes_there_are_no_labels():
    table = TABLE.assign(split="train", baseColour="Red")
    assert training_examples(table, STORE, CaptionParameters(), seed=0).labels is None


def test_validation_examples_have_raw_captions_numbered_anew():
    table = TABLE.assign(split=["train", "validation", "train", "held_out", "validation"])
    validation = validation_examples(table, STORE)
    assert validation.rows.tolist() == [1, 4]
    assert validation.caption_ids.tolist() == [0, 0]
    assert validation.captions == ("Hat",)


def test_fewer_than_two_validation_examples_are_none():
    table = TABLE.assign(split=["validation", *TABLE["split"][1:]])
    assert validation_examples(table, STORE) is None


def test_no_held_out_caption_or_attribute_reaches_training():
    parameters = CaptionParameters(template="{caption}, {baseColour}", field_dropout=0)
    words = " ".join(training_examples(TABLE, STORE, parameters, seed=0).captions)
    assert not {"Hat", "Blue", "Pink"} & set(words.split())
