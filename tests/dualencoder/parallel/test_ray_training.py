"""Training by workers that Ray Train places; tests/test_run_distributed.py has a whole run."""

import pytest
import torch

from shopclip.dualencoder import Recipe, fit
from shopclip.dualencoder.parallel.ray_training import fit_on_ray
from tests.dualencoder.conftest import BERT, RESNET, build, still

RECIPE = Recipe(epochs=3, batch_size=16)


@pytest.mark.slow
def test_two_workers_of_ray_end_as_one_process(examples):
    alone, together = build(still(BERT), RESNET), build(still(BERT), RESNET)
    expected = fit(alone, examples, RECIPE)
    log = fit_on_ray(together, examples, RECIPE, count=2)
    assert [step.loss for step in log.steps] == pytest.approx(
        [step.loss for step in expected.steps], rel=1e-4
    )
    for name, value in together.state_dict().items():
        torch.testing.assert_close(value, alone.state_dict()[name], rtol=1e-3, atol=2e-5)
