import numpy as np
import pytest

from shopclip.pipelines.evaluation.embedding_map import MAPPED, map_embeddings, principal_plane
from tests.pipelines.evaluation.shop import shop, unit


def test_the_plane_is_that_of_a_singular_value_decomposition():
    rows = unit(60, 0) * np.linspace(3, 1, 8)
    plane, shares = principal_plane(rows)
    centred = rows.astype(np.float64) - rows.astype(np.float64).mean(axis=0)
    _, spreads, axes = np.linalg.svd(centred, full_matrices=False)
    for axis in (0, 1):
        expected = centred @ axes[axis]
        sign = np.sign(plane[:, axis] @ expected)
        np.testing.assert_allclose(plane[:, axis], sign * expected, atol=1e-12)
    np.testing.assert_allclose(shares, spreads[:2] ** 2 / (spreads**2).sum(), rtol=1e-12)


def test_the_largest_loading_of_each_axis_is_positive():
    for seed in range(8):
        rows = unit(30, seed).astype(np.float64)
        plane, _ = principal_plane(rows)
        axes = np.linalg.lstsq(plane, rows - rows.mean(axis=0), rcond=None)[0]
        assert (axes[[0, 1], np.abs(axes).argmax(axis=1)] > 0).all()


def test_one_point_is_the_origin_without_variance():
    places, shares = principal_plane(np.ones((5, 4)))
    assert np.abs(places).max() == 0
    assert shares.tolist() == [0, 0]


def test_a_map_has_both_towers_of_the_held_out_products_fitted_together():
    examples, images, texts = shop(), unit(120, 2), unit(120, 3)
    table = map_embeddings(images, texts, examples)
    kept_out = np.flatnonzero(examples["split"] == "held_out")
    for tower in ("image", "text"):
        assert table.loc[table["tower"] == tower, "id"].tolist() == [f"p{i}" for i in kept_out]
    both = np.concatenate([images[kept_out], texts[kept_out]])
    np.testing.assert_allclose(table[["x", "y"]], principal_plane(both)[0])
    assert table[["x_share", "y_share"]].drop_duplicates().shape == (1, 2)
    known = dict(zip(examples["id"], examples["masterCategory"], strict=True))
    assert table["category"].tolist() == table["id"].map(known).tolist()


@pytest.mark.parametrize("nothing", [None, " "])
def test_a_product_without_a_category_is_unknown(nothing):
    examples = shop().assign(masterCategory=nothing)
    assert set(map_embeddings(unit(120, 0), unit(120, 1), examples)["category"]) == {"unknown"}


def test_of_many_products_some_are_mapped_evenly():
    examples = shop(count=2400, held_out=1)
    table = map_embeddings(unit(2400, 0), unit(2400, 1), examples)
    places = table.loc[table["tower"] == "text", "id"].str.removeprefix("p").astype(int)
    assert len(places) == MAPPED
    assert (places.iloc[0], places.iloc[-1]) == (0, 2399)
    assert set(np.diff(places)) == {2, 3}
