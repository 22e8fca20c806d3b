"""Whatever happens to a project, what lies there is right or refused.

A thousand sequences: `python -m tests.consistency.sequences 0 1000`.
"""

import pytest
import torch

from tests.consistency.sequences import play
from tests.consistency.world import make_template


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # processes are forked, which threads do not survive
    yield make_template(tmp_path_factory.mktemp("consistency") / "template")
    torch.set_num_threads(threads)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_what_lies_there_is_right_or_refused(seed, template, tmp_path):
    play(template, tmp_path / "project", seed)
