import pytest

from shopclip.catalogue import CatalogueError, open_catalogue
from shopclip.parameters import CatalogueParameters
from shopclip.pipelines.ingestion.nodes import check_products, find_catalogue
from shopclip.tables.schemas import Products, RejectedProducts
from tests.conftest import row, write_kaggle


def shop(tmp_path, products, imageless):
    rows = [row(number, f"Shirt {number}") for number in range(products + imageless)]
    images = {str(number) for number in range(products)}
    return open_catalogue(write_kaggle(tmp_path / "shop", rows, images))


def test_every_row_is_a_product_or_rejected_and_is_counted(tmp_path):
    catalogue = shop(tmp_path, 19, 1)
    products, rejected, facts = check_products(catalogue, CatalogueParameters())
    Products.validate(products)
    RejectedProducts.validate(rejected)
    assert len(products) == 19
    assert rejected[["id", "line", "reason"]].values.tolist() == [["19", 21, "no image"]]
    reasons = {"no image (such as 19: images/19.jpg does not exist)": 1}
    assert facts == {
        "name": "shop",
        "synthetic": False,
        "rows": 20,
        "rejected": 1,
        "reasons": reasons,
        "usable": 19,
        "drawn": 19,
        "fingerprint": catalogue.fingerprint(),
    }


def test_more_rejected_rows_than_allowed_stop_the_run(tmp_path):
    catalogue = shop(tmp_path, 9, 1)
    with pytest.raises(CatalogueError, match=r"10.0% .* 5.0% .*max_rejected.* 1 × no image"):
        check_products(catalogue, CatalogueParameters())
    assert len(check_products(catalogue, CatalogueParameters(max_rejected=0.1))[0]) == 9


@pytest.mark.parametrize(("imageless", "why"), [(3, "100.0% of the"), (0, "no usable product")])
def test_a_catalogue_without_a_product_is_an_error(tmp_path, imageless, why):
    with pytest.raises(CatalogueError, match=why):
        check_products(shop(tmp_path, 0, imageless), CatalogueParameters())


def test_even_where_everything_may_be_rejected_a_product_is_needed(tmp_path):
    with pytest.raises(CatalogueError, match="no usable product"):
        check_products(shop(tmp_path, 0, 3), CatalogueParameters(max_rejected=1))


def test_a_catalogue_is_found_with_its_own_column_names(tmp_path):
    parameters = CatalogueParameters(path=str(tmp_path), columns={"id": "sku"})
    location = find_catalogue(parameters)
    assert (location.path, location.columns) == (str(tmp_path), {"id": "sku"})
