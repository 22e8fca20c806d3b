"""The benchmarks are scripts, which find their parts in their own folder."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """A few drawn products, as training sees them and as encoded pictures."""
    from shopclip.catalogue import open_catalogue
    from shopclip.sample import draw_catalogue
    from training_data import Shop

    folder = tmp_path_factory.mktemp("shop")
    catalogue = open_catalogue(draw_catalogue(folder / "sample", products=48))
    return Shop.read(catalogue, folder / "store")
