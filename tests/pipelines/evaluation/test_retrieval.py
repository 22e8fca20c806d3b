import numpy as np
import pandas as pd

from shopclip.pipelines.evaluation.protocols import chosen_captions, missed_captions, nearest_images


def test_nearest_images_come_first_and_ties_keep_their_order():
    images = np.array([[0, 1], [1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    places, similarities = nearest_images(np.array([[0, 1]], dtype=np.float32), images, 3)
    assert places.tolist() == [[0, 2, 3]]
    np.testing.assert_allclose(similarities, [[1, 1, 0.8]])


def test_chosen_captions_are_distinct_and_do_not_depend_on_the_order_of_products():
    gallery = pd.DataFrame({"caption": ["a", "b", "a", "c", "d"], "caption_id": [0, 1, 0, 2, 3]})
    chosen = gallery["caption"].iloc[chosen_captions(gallery, 3)]
    assert chosen.is_unique
    turned = gallery.iloc[::-1].reset_index(drop=True)
    assert set(turned["caption"].iloc[chosen_captions(turned, 3)]) == set(chosen)


def test_a_gallery_with_fewer_captions_shows_them_all():
    gallery = pd.DataFrame({"caption": ["a", "a"], "caption_id": [0, 0]}, index=[7, 9])
    assert chosen_captions(gallery, 5).tolist() == [0]


def test_the_worst_captions_come_first_each_judged_by_the_nearest_of_its_own_pictures():
    ranks = pd.DataFrame(
        {
            "id": list("abcdefg"),
            "caption_id": [0, 0, 1, 2, 3, 4, 4],
            "better": [90, 2, 7, 0, 7, 30, 20],
            "tied": [1, 1, 1, 5, 3, 1, 1],
        }
    )
    assert missed_captions(ranks, 9)["id"].tolist() == ["g", "e", "c", "b"]
    assert missed_captions(ranks, 2)["id"].tolist() == ["g", "e"]
