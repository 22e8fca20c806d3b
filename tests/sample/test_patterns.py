"""The ink masks of the patterns."""

from dataclasses import replace

import numpy as np
import pytest

from shopclip.sample.assortment import assort
from shopclip.sample.look import choose_look
from shopclip.sample.patterns import ink_mask
from shopclip.sample.vocabulary import PATTERNS, SOLID

SIZE, ZOOM = (240, 320), 4


def _look(seed=0):
    return choose_look(assort(1, seed=0)[0], np.random.default_rng(seed))


@pytest.mark.parametrize("pattern", [pattern for pattern in PATTERNS if pattern != SOLID])
def test_ink_leaves_most_of_the_fabric_bare(pattern):
    for seed in range(12):
        mask = ink_mask(pattern, _look(seed), SIZE, ZOOM)
        assert mask.size == SIZE
        assert 0.1 < np.asarray(mask).mean() / 255 < 0.45


def test_stripes_follow_the_slant():
    look = _look()
    upright = np.asarray(ink_mask("Striped", replace(look, slant=0.0), SIZE, ZOOM))
    level = np.asarray(ink_mask("Striped", replace(look, slant=np.pi / 2), SIZE, ZOOM))
    assert (upright[0] == upright[160]).all()
    assert (level[:, 0] == level[:, 120]).all()


def test_the_weave_seed_places_the_prints():
    look = _look()
    masks = [
        np.asarray(ink_mask("Printed", replace(look, weave_seed=seed), SIZE, ZOOM))
        for seed in (1, 1, 2)
    ]
    assert (masks[0] == masks[1]).all()
    assert (masks[0] != masks[2]).any()


def test_a_solid_fabric_has_no_mask():
    with pytest.raises(KeyError):
        ink_mask(SOLID, _look(), SIZE, ZOOM)
