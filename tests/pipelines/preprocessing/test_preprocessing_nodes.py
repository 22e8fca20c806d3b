import json
import shutil

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopclip.catalogue import CatalogueError, open_catalogue
from shopclip.files.image_store import ImageStore, write_image_store
from shopclip.parameters import (
    CatalogueParameters,
    EngineParameters,
    ImageParameters,
    Size,
    SplitParameters,
)
from shopclip.pipelines.ingestion.nodes import check_products
from shopclip.pipelines.preprocessing.nodes import (
    decode_images,
    join_examples,
    number_captions,
    split_captions,
)
from shopclip.tables.schemas import Examples
from tests.conftest import jpeg, row, write_hub, write_kaggle

ANY = CatalogueParameters(max_rejected=1)
IMAGES = ImageParameters(stored=Size(height=80, width=60), size=Size(height=64, width=48))


def preprocess(folder, tmp_path, parameters=ANY):
    catalogue = open_catalogue(folder)
    products, _, facts = check_products(catalogue, parameters)
    write_image_store(
        tmp_path / "store",
        decode_images(
            catalogue, products, facts, IMAGES, CatalogueParameters(), EngineParameters()
        ),
    )
    store = ImageStore.load(tmp_path / "store")
    captions = number_captions(products)
    splits = split_captions(captions, SplitParameters(held_out=0.5))
    return join_examples(products, captions, splits, store, facts, parameters), store, facts


def test_examples_point_at_the_image_of_their_product(tmp_path):
    folder = write_kaggle(tmp_path / "shop", [row(i, f"Shirt {i % 3}") for i in range(6)])
    (folder / "images" / "2.jpg").write_bytes(b"broken")
    (examples, rejected), store, _ = preprocess(folder, tmp_path)
    Examples.validate(examples)
    assert examples["id"].tolist() == ["0", "1", "3", "4", "5"]
    assert [store.ids[row_] for row_ in examples["row"]] == examples["id"].tolist()
    assert rejected[["id", "reason"]].values.tolist() == [["2", "unreadable image"]]


def test_products_with_one_caption_share_its_number_and_its_split(tmp_path):
    folder = write_kaggle(tmp_path / "shop", [row(i, f"Shirt {i % 3}") for i in range(9)])
    (examples, _), _, _ = preprocess(folder, tmp_path)
    groups = examples.groupby("caption")
    assert (groups["caption_id"].nunique() == 1).all()
    assert (groups["split"].nunique() == 1).all()
    assert examples["caption_id"].nunique() == 3


def test_counts_add_up_to_the_rows_of_the_table(tmp_path):
    rows = [row(1), row(1), row(2, ""), row(3), row(4)]
    folder = write_kaggle(tmp_path / "shop", rows, images={"1", "2", "4"})
    (examples, rejected_images), _, facts = preprocess(folder, tmp_path)
    assert facts["rows"] == len(rows)
    assert facts["rejected"] + len(rejected_images) + len(examples) == len(rows)


def test_a_catalogue_without_one_readable_image_is_an_error(tmp_path):
    folder = write_kaggle(tmp_path / "shop", [row(1)])
    (folder / "images" / "1.jpg").write_bytes(b"broken")
    with pytest.raises(CatalogueError, match="no product of the catalogue has a readable image"):
        preprocess(folder, tmp_path)


@pytest.mark.parametrize("limit", [None, 20])
def test_too_many_unreadable_images_stop_the_run_and_say_why(tmp_path, limit):
    folder = write_kaggle(tmp_path / "shop", [row(i, f"Shirt {i}") for i in range(21)], {"20"})
    for i in range(20):
        (folder / "images" / f"{i}.jpg").write_bytes(b"broken" if i % 2 else jpeg("red"))
    with pytest.raises(CatalogueError) as caught:
        preprocess(folder, tmp_path, CatalogueParameters(limit=limit, max_rejected=0.2))
    assert "% of the catalogue is rejected, more than the 20.0% that catalogue.max_rejected" in str(
        caught.value
    )
    assert "× unreadable image (such as" in str(caught.value)


def test_rejected_rows_and_unreadable_images_count_together(tmp_path):
    rows = [row(i, f"Shirt {i}") for i in range(10)]
    folder = write_kaggle(tmp_path / "shop", rows, images={str(i) for i in range(9)})
    (folder / "images" / "2.jpg").write_bytes(b"broken")
    preprocess(folder, tmp_path, CatalogueParameters(max_rejected=0.2))
    with pytest.raises(CatalogueError, match=r"20.0% .* 1 × no image .* 1 × unreadable image"):
        preprocess(folder, tmp_path, CatalogueParameters(max_rejected=0.19))


def test_numbers_follow_first_appearance():
    products = pd.DataFrame({"id": ["a", "b", "c"], "caption": ["Red Cap", "Hat", "red  cap"]})
    assert number_captions(products)["caption_id"].tolist() == [0, 1, 0]


def split_of(captions, ids=None, **parameters):
    ids = [str(i) for i in range(len(captions))] if ids is None else ids
    products = pd.DataFrame({"id": ids, "caption": captions}, dtype="str")
    return split_captions(number_captions(products), SplitParameters(**parameters))


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    """A benchmark of two captions, and of one id whose caption the catalogue spells otherwise."""
    file = tmp_path_factory.mktemp("benchmark") / "truth.json"
    file.write_text(json.dumps({"a a": {"-1": 1}, "B": {"-2": 1, "-3": 1}}))
    return str(file)


def test_a_benchmark_joins_the_held_out_split_beside_its_share(truth):
    captions = ["A  a", "b", *(f"shirt {i}" for i in range(200))]
    alone, beside = (split_of(captions, held_out=share, benchmark=truth) for share in (0, 0.5))
    assert alone.index[alone["split"] == "held_out"].tolist() == [0, 1]
    assert beside["split"][:2].tolist() == ["held_out", "held_out"]
    without = split_of(captions, held_out=0.5)
    assert beside["split"][2:].equals(without["split"][2:])


words = st.text("aB ", min_size=1, max_size=4)


@given(st.lists(words, min_size=1), st.data(), st.booleans())
def test_a_tenth_of_new_products_moves_no_old_one(truth, old, data, with_benchmark):
    count = 1 + len(old) // 10
    new = data.draw(st.lists(words, min_size=count, max_size=count))
    options = {"held_out": 0.5, "benchmark": truth if with_benchmark else None}
    ids = [str(i) for i in range(len(new) + len(old))]
    before = split_of(old, ids[len(new) :], **options).set_index("id")["split"]
    after = split_of(new + old, ids, **options).set_index("id")["split"]
    assert after[before.index].equals(before)


@given(st.lists(words, min_size=1, max_size=30), st.sampled_from(["0", "3", "-1", "-2"]))
def test_no_caption_is_on_both_sides_with_a_benchmark(truth, captions, first):
    ids = [first, *(str(10 + i) for i in range(len(captions) - 1))]
    split = split_of(captions, ids, held_out=0.3, benchmark=truth)["split"]
    keys = [" ".join(caption.casefold().split()) for caption in captions]
    sides = pd.DataFrame({"key": keys, "split": split}).groupby("key")["split"].nunique()
    assert (sides == 1).all()


def test_a_parquet_file_written_again_after_its_products_were_read_is_refused(tmp_path):
    """A reference is a row of a file: in another order it would be another product's picture."""
    rows = [row(i, f"Shirt {i}") for i in range(3)]
    pictures = [jpeg((40 * i, 90, 120)) for i in range(3)]
    file = write_hub(tmp_path / "shop" / "train.parquet", rows, pictures)
    catalogue = open_catalogue(file)
    products, _, facts = check_products(catalogue, ANY)
    settings = (IMAGES, CatalogueParameters(), EngineParameters())
    decode_images(open_catalogue(file), products, facts, *settings)
    write_hub(file, rows[::-1], pictures[::-1])
    with pytest.raises(
        CatalogueError, match=r"train\.parquet: the catalogue changed after .*inges"
    ):
        decode_images(open_catalogue(file), products, facts, *settings)


def test_parquet_images_beside_a_table_are_of_the_catalogue_too(tmp_path):
    rows = [row(i, f"Shirt {i}") for i in range(3)]
    pictures = [jpeg((40 * i, 90, 120)) for i in range(3)]
    folder = write_kaggle(tmp_path / "shop", rows)
    shutil.rmtree(folder / "images")
    write_hub(folder / "train.parquet", rows, pictures)
    before = open_catalogue(folder).fingerprint()
    assert open_catalogue(folder).fingerprint() == before
    write_hub(folder / "train.parquet", rows[::-1], pictures[::-1])
    assert open_catalogue(folder).fingerprint() != before
