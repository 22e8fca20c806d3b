"""Tiny encoders of every kind that transformers lists: they work, or are refused in one line."""

import pytest

from architecture_configs import IMAGE, TEXT
from architectures import try_image, try_text

pytestmark = pytest.mark.slow
# What cannot be a tower, and the words that say why.
REFUSED_TEXT = {
    "mra": "does not see",  # without CUDA its attention says nothing
    "reformer": "",  # cannot be tried at rest
}
REFUSED_IMAGE = {
    "dinat": "natten",
    "pixtral": "",  # pictures of any size, one after the other
    "pp_lcnet": "no model",
    "timesformer": "",  # videos
    "timm_backbone": "backbone is not set",
    "videomae": "",
}


def check(row, refused):
    assert "\n" not in row.refused
    if row.kind in refused:
        assert refused[row.kind] in row.refused
        assert row.refused
    else:
        assert row.refused == ""
        assert row.right, row


@pytest.mark.parametrize("by", ["config", "folder"])
@pytest.mark.parametrize("kind", TEXT)
def test_a_text_encoder_works_or_is_refused_in_one_line(kind, by):
    check(try_text(kind, by), REFUSED_TEXT)


@pytest.mark.parametrize("by", ["config", "folder"])
@pytest.mark.parametrize("kind", IMAGE)
def test_an_image_encoder_works_or_is_refused_in_one_line(kind, by):
    check(try_image(kind, by), REFUSED_IMAGE)


def test_most_work():
    assert len(TEXT) - len(REFUSED_TEXT) >= 78
    assert len(IMAGE) - len(REFUSED_IMAGE) >= 50
