"""One shop for all tests that only read it."""

import pytest

from shopclip.search import SearchEngine
from tests.search.shop import VIT, lay_out


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A project with the pairs `tiny` and `other`."""
    folder = tmp_path_factory.mktemp("search") / "project"
    lay_out(folder)
    lay_out(folder, pair="other", image=VIT)
    return folder


@pytest.fixture(scope="session")
def engine(project):
    return SearchEngine.open(project, pair="tiny")
