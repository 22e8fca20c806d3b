from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.dualencoder.knobs import Checked, knob


@dataclass(frozen=True, kw_only=True)
class Oven(Checked):
    """Something with knobs."""

    heat: float | None = knob(None, "degrees", low=50, high=250)
    minutes: int = knob(10, "of baking", low=1)
    shelf: int = knob(2, "from below", high=4)
    name: str = knob("oven", "what it is called")


@given(
    heat=st.one_of(st.none(), st.integers(0, 300)),
    minutes=st.integers(-2, 3),
    shelf=st.integers(2, 6),
)
@settings(deadline=None)
def test_a_value_is_accepted_if_and_only_if_it_is_null_or_within_inclusive_bounds(
    heat, minutes, shelf
):
    wrong = [
        name
        for name, fits in {
            "heat": heat is None or 50 <= heat <= 250,
            "minutes": minutes >= 1,
            "shelf": shelf <= 4,
        }.items()
        if not fits
    ]
    if not wrong:
        oven = Oven(heat=heat, minutes=minutes, shelf=shelf)
        assert (oven.heat, oven.minutes, oven.shelf) == (heat, minutes, shelf)
        return
    with pytest.raises(ValueError, match="expected") as error:
        Oven(heat=heat, minutes=minutes, shelf=shelf)
    named = [part.split(" is ")[0] for part in str(error.value).split("; ")]
    assert named == wrong


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"heat": 300}, "heat is 300, expected between 50 and 250"),
        ({"minutes": 0}, "minutes is 0, expected at least 1"),
        ({"shelf": 5}, "shelf is 5, expected at most 4"),
    ],
)
def test_an_error_says_what_was_expected(knobs, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Oven(**knobs)


def test_a_bound_of_zero_is_a_bound():
    @dataclass(frozen=True, kw_only=True)
    class Tap(Checked):
        turns: float = knob(0, "open", low=0, high=0)

    assert Tap().turns == 0
    with pytest.raises(ValueError, match="turns is -1, expected between 0 and 0"):
        Tap(turns=-1)
