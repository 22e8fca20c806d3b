import re

import pytest

from shopclip.figures.style import DARK, LIGHT, MARKERS, ON_LIGHT, color_numbers


def contrast(one, two):
    """As WCAG 2 defines it."""

    def luminance(colour):
        shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return sum(weight * s for weight, s in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted(map(luminance, (one, two)))
    return (light + 0.05) / (dark + 0.05)


def test_both_themes_have_every_colour_and_a_colour_has_one_name():
    assert LIGHT.keys() == DARK.keys()
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in (*LIGHT.values(), *DARK.values()))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_stand_out_from_their_paper(theme):
    for name, colour in theme.items():
        if name.startswith("pair-"):
            assert contrast(colour, theme["card"]) >= 3, name
    for name in ("ink", "quiet"):
        assert contrast(theme[name], theme["card"]) >= 4.5, name


def test_a_pair_has_the_colour_of_its_place_among_the_names():
    assert color_numbers(["b", "c", "a"]) == {"a": 0, "b": 1, "c": 2}
    assert len(MARKERS) == len(ON_LIGHT)
    assert set(color_numbers("abcdefgh").values()) == set(range(6))
