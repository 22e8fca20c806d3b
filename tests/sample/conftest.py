"""One drawn shop for all tests of the sample."""

import csv

import pytest

from shopclip.sample import draw_catalogue

Row = dict[str, str]

PRODUCTS = 240


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    return draw_catalogue(tmp_path_factory.mktemp("sample") / "shop", products=PRODUCTS, seed=7)


@pytest.fixture(scope="session")
def rows(shop):
    with (shop / "styles.csv").open(encoding="utf-8", newline="") as styles:
        return list(csv.DictReader(styles))
