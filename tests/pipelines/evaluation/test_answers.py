import numpy as np
import pandas as pd
import pytest

from shopclip.metrics.ranks import Ranks, rank
from shopclip.metrics.retrieval import measure
from shopclip.pipelines.evaluation.protocols import (
    Queries,
    captions_of_images,
    images_of_captions,
    own_answers,
)


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


CAPTIONS = np.array([4, 4, 7, 9, 9, 9, 2, 11, 12, 13, 4, 30])
GALLERY = len(CAPTIONS)


def embeddings(seed):
    """Of images and texts of products of which some share a caption."""
    generator = np.random.default_rng(seed)
    of_caption = unit(generator.normal(size=(31, 3)))
    return unit(generator.normal(size=(len(CAPTIONS), 3))), of_caption[CAPTIONS]


def table(ranks, gallery=GALLERY):
    return pd.DataFrame({**vars(ranks), "caption_id": CAPTIONS, "gallery": gallery})


@pytest.mark.parametrize("seed", range(5))
def test_images_of_captions_equal_ranking_all_images_for_each_caption(seed):
    images, texts = embeddings(seed)
    asked = images_of_captions(table(rank(texts, images)))
    found = measure(asked.groups)
    for query, caption in enumerate(sorted(set(CAPTIONS.tolist()))):
        text = texts[np.flatnonzero(caption == CAPTIONS)[0]]
        right = (caption == CAPTIONS)[np.argsort(-(images @ text))]
        assert found["recall_at_5"][query] == pytest.approx(right[:5].sum() / right.sum())
        precisions = [right[: i + 1].mean() for i in np.flatnonzero(right[:10])]
        expected = sum(precisions) / min(right.sum(), 10)
        assert found["map_at_10"][query] == pytest.approx(expected)
    assert asked.captions.tolist() == sorted(set(CAPTIONS.tolist()))


def test_captions_of_images_are_asked_for_by_every_image():
    asked = captions_of_images(table(Ranks(np.arange(12) % 3, np.ones(12, int)), gallery=9))
    assert len(asked) == 12
    assert measure(asked.groups)["recall_at_1"].mean() == pytest.approx(1 / 3)
    assert measure(asked.by_chance())["recall_at_1"].tolist() == pytest.approx([1 / 9] * 12)
    assert measure(asked.at_best())["recall_at_1"].tolist() == [1.0] * 12


def test_one_in_three_products_of_a_caption_is_the_best_possible():
    images, texts = embeddings(0)
    best = measure(own_answers(table(rank(images, texts))).at_best())["recall_at_1"]
    assert best.sum() == pytest.approx(len(set(CAPTIONS.tolist())))


@pytest.mark.parametrize("right", [[1, 1, 1], [1, 2, 5], [3, 3, 4, 1]])
def test_the_median_place_by_chance_is_that_of_many_random_orders(right):
    generator, gallery = np.random.default_rng(0), 30
    drawn = [
        generator.permuted(np.tile(np.arange(gallery), (4000, 1)), axis=1)[:, :count].min(axis=1)
        + 1
        for count in right
    ]
    counts = np.array(right)
    queries = Queries(None, counts, counts, counts, gallery)
    assert queries.median_by_chance() == pytest.approx(np.median(np.concatenate(drawn)), abs=1)


def test_the_median_place_by_chance_of_one_answer_is_the_middle():
    one = np.ones(3, int)
    assert Queries(None, one, one, one, 100).median_by_chance() == 50.5
    assert Queries(None, one, one, one, 9).median_by_chance() == 5
