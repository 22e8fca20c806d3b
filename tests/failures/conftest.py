"""The small towers and examples of the torch library's own tests."""

import pytest

from tests.dualencoder import conftest as small


@pytest.fixture
def examples():
    return small.colours()


@pytest.fixture
def model():
    return small.build(small.BERT, small.RESNET)
