import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopclip.catalogue import CatalogueError
from shopclip.catalogue.columns import CAPTION
from shopclip.pipelines.ingestion.nodes import draw, reject_rows, type_products
from shopclip.tables.schemas import Products
from tests.conftest import row


def rows(*some):
    table = pd.DataFrame(list(some), dtype="str")
    return table.assign(image="images/x.jpg", line=range(2, 2 + len(some)))


def test_rows_that_cannot_be_products_are_set_apart_with_their_reasons():
    usable, rejected = reject_rows(rows(row(1), row(1, "again"), row(2, "  "), row(" "), row(3)))
    assert usable["id"].tolist() == ["1", "3"]
    assert rejected[["line", "reason"]].values.tolist() == [
        [3, "duplicate id"],
        [4, "empty caption"],
        [5, "empty id"],
    ]


@given(
    st.lists(
        st.tuples(st.sampled_from(["", " ", "1", "2", "x"]), st.sampled_from(["", "\t", "a b"])),
        min_size=1,
    )
)
def test_no_row_is_lost_and_no_id_is_used_twice(some):
    usable, rejected = reject_rows(rows(*(row(id_, caption) for id_, caption in some)))
    assert sorted([*usable["line"], *rejected["line"]]) == list(range(2, 2 + len(some)))
    assert usable["id"].is_unique
    assert (rejected["reason"] != "").all()


def test_products_are_typed_and_pass_their_schema():
    products = type_products(rows(row(1, "  Red \n Shirt ", year="2012.0", season="")), 2000)
    Products.validate(products)
    assert products["caption"].tolist() == ["Red Shirt"]
    assert products["year"].tolist() == [2012]
    assert products["season"].isna().all()


def test_a_year_that_is_no_number_is_unknown():
    assert type_products(rows(row(1, year="soon")), 2000)["year"].isna().all()


@pytest.mark.parametrize("year", ["inf", "-1", "1e300", "nan", "99999999999999999999"])
def test_a_year_that_no_calendar_has_is_unknown(year):
    assert type_products(rows(row(1, year=year)), 2000)["year"].isna().all()


@pytest.mark.parametrize("blank", ["", " ", "\t\r\n", "\u00a0\u2003"])
def test_a_blank_caption_is_rejected(blank):
    assert reject_rows(rows(row(1, blank)))[1]["reason"].tolist() == ["empty caption"]


def test_an_endless_caption_is_cut_and_its_product_kept():
    caption = type_products(rows(row(1, "red " * 2500)), 2000)["caption"][0]
    assert caption.startswith("red red")
    assert len(caption) == 1999  # the 2,000th character is a blank


def test_a_catalogue_without_a_usable_product_is_an_error():
    with pytest.raises(CatalogueError, match="no usable product"):
        type_products(rows(row(1)).iloc[:0], 2000)


def test_a_drawn_sample_depends_on_its_seed_alone_and_keeps_the_order():
    products = type_products(rows(*(row(i) for i in range(50))), 2000)
    first, again, other = (draw(products, 10, seed)["id"].tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert first == sorted(first, key=int)
    assert draw(products, None, 1).equals(products)
    assert CAPTION not in products.columns


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff\u2060", " \u00ad ", "\x01\x02", "\u0301"])
def test_text_that_shows_nothing_is_none(unseen):
    usable, rejected = reject_rows(rows(row(1, unseen), row(unseen), row(2, f"cap{unseen}")))
    assert usable["id"].tolist() == ["2"]
    assert rejected["reason"].tolist() == ["empty caption", "empty id"]
