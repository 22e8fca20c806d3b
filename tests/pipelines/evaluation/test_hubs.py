import numpy as np
import pytest

from shopclip.pipelines.evaluation.hubs import HUBS, find_hubs, times_found
from tests.pipelines.evaluation.shop import shop, unit


def naive(queries, gallery, nearest=10):
    """How many queries have each item among their first ten, by a double loop."""
    counts = [0] * len(gallery)
    for query in queries:
        similar = [float(query @ item) for item in gallery]
        for place in sorted(range(len(gallery)), key=lambda item: -similar[item])[:nearest]:
            counts[place] += 1
    return counts


def test_counts_are_those_of_a_naive_double_loop():
    queries, gallery = unit(300, 0), unit(70, 1)  # more queries than are asked at a time
    assert times_found(queries, gallery).tolist() == naive(queries, gallery)


def test_a_gallery_of_ten_is_found_by_all():
    assert times_found(unit(7, 0), unit(10, 1)).tolist() == [7] * 10
    assert times_found(unit(7, 0), unit(4, 1)).tolist() == [7] * 4


def test_items_that_tie_share_the_last_places():
    gallery = np.zeros((13, 2), dtype=np.float32)
    gallery[:9, 0], gallery[9:, 1] = 1, 1  # nine right, then four that are the same
    found = times_found(np.array([[0.8, 0.6]], dtype=np.float32), gallery)
    np.testing.assert_allclose(found, [1.0] * 9 + [0.25] * 4)


def test_towers_that_say_the_same_of_everything_have_no_hub():
    constant = np.tile(unit(1, 0), (120, 1))
    assert find_hubs(constant, constant, shop()).empty


def test_hubs_are_the_held_out_pictures_that_distinct_captions_find_most():
    examples, images, texts = shop(), unit(120, 2), unit(120, 3)
    texts[1::2] = texts[::2]  # two products share a caption
    hubs = find_hubs(images, texts, examples)
    kept_out = examples[examples["split"] == "held_out"].reset_index()
    members = kept_out["index"].to_numpy()
    counts = naive(texts[members][::2], images[members])
    assert hubs["found"].tolist() == sorted(counts, reverse=True)[:HUBS]
    assert hubs["place"].tolist() == list(range(1, HUBS + 1))
    for hub in hubs.to_dict("records"):
        place = kept_out.index[kept_out["id"] == hub["id"]][0]
        assert counts[place] == hub["found"]
        assert (hub["row"], hub["caption"]) == tuple(kept_out.loc[place, ["row", "caption"]])
    assert set(hubs["captions"]) == {20}
    assert set(hubs["gallery"]) == {40}
    assert hubs["chance"].iloc[0] == pytest.approx(np.mean(counts)) == 5
