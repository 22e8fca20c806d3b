import numpy as np
import pytest

from shopclip.pipelines.evaluation.misses import HUBS, find_hubs
from tests.metrics.test_hubness import naive
from tests.pipelines.evaluation.shop import shop, unit


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
