import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from shopclip.figures.labels import spread_labels, text_width, wrapped


def test_a_width_is_about_that_of_the_letters_as_they_are_drawn():
    drawn = TextPath((0, 0), "bert_resnet", size=9, prop=FontProperties(family="DejaVu Sans"))
    assert text_width("bert_resnet", 9) == pytest.approx(drawn.get_extents().width / 72, rel=0.05)
    assert text_width("") == 0


def test_dollars_are_no_formula():
    assert text_width("$x^2$ and $y$") > text_width("x2 and y")


@given(st.text("ab_ ", max_size=40), st.floats(0.3, 2))
def test_lines_are_no_wider_than_asked_and_no_letter_is_lost(words, width):
    lines = wrapped(words, width).split("\n")
    assert all(text_width(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_names_are_broken_after_underscores_and_spaces_if_possible():
    assert wrapped("minilm_vit_from_scratch", 1.1) == "minilm_vit_from_\nscratch"
    assert wrapped("Home  and\nGarden", 0.8) == "Home and\nGarden"
    assert wrapped("short", 9) == "short"


def test_labels_that_have_room_stay():
    assert spread_labels([5, 1, 3], 1) == [5, 1, 3]


def test_crowded_labels_move_about_their_mean():
    np.testing.assert_allclose(spread_labels([2.0, 2.0, 9.0], 1), [1.5, 2.5, 9.0])


@given(st.lists(st.floats(0, 100), max_size=8), st.floats(0.1, 10))
def test_labels_keep_their_distance_and_their_order(heights, gap):
    placed = np.array(spread_labels(heights, gap))
    order = np.argsort(heights, kind="stable")
    assert (np.diff(placed[order]) >= gap - 1e-9).all()
