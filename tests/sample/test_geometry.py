"""Plane geometry."""

import pytest

from shopclip.sample.silhouettes.sketch import box, mirrored, ribbon, rounded, shrunk


def test_mirrored_closes_the_outline_without_repeating_the_centre_line():
    assert mirrored([(0, 1), (2, 3, 0.5), (0, 5)]) == [(0, 1), (2, 3, 0.5), (0, 5), (-2, 3, 0.5)]


def test_rounded_corners_stay_within_their_reach():
    curve = rounded(box(0, 0, 10, 10), 2)
    assert (2, 0) in curve
    assert (0, 2) in curve
    assert (0, 0) not in curve


def test_a_corner_may_have_its_own_radius():
    curve = rounded([(0, 0, 1), (10, 0), (10, 10), (0, 10)], 4)
    assert (1, 0) in curve
    assert (6, 0) in curve


def test_rounding_never_passes_the_middle_of_an_edge():
    curve = rounded(box(0, 0, 10, 10), 100)
    assert (5, 0) in curve
    assert all(0 <= x <= 10 and 0 <= y <= 10 for x, y in curve)


def test_ribbon_has_its_width_on_both_sides_of_the_path():
    assert ribbon([(0, 0), (10, 0)], 4) == [(0, 2), (10, 2), (10, -2), (0, -2)]


def test_shrunk_keeps_the_centre():
    corners = shrunk(box(2, 2, 6, 10), 0.5, 0.25)
    assert corners == [(3, 5), (5, 5), (5, 7), (3, 7)]


def test_ribbon_needs_distinct_points():
    with pytest.raises(ZeroDivisionError):
        ribbon([(1, 1), (1, 1)], 2)
