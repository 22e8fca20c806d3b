import pytest
import torch

from shopclip.dualencoder.temperature import MAX_SCALE, Temperature


def test_starts_at_the_inverse_of_the_temperature():
    assert Temperature(0.07).scale.item() == pytest.approx(1 / 0.07)


def test_multiplies_similarities():
    torch.testing.assert_close(
        Temperature(0.5)(torch.tensor([0.25, -1.0])), torch.tensor([0.5, -2])
    )


def test_the_scale_never_passes_its_limit():
    temperature = Temperature()
    temperature.log_scale.data.fill_(9.0)
    assert temperature.scale.item() == pytest.approx(MAX_SCALE)
    temperature.clamp_()
    assert temperature.log_scale.exp().item() == pytest.approx(MAX_SCALE)


def test_a_clamped_parameter_still_learns_to_come_down():
    temperature = Temperature()
    temperature.log_scale.data.fill_(9.0)
    temperature.clamp_()
    temperature(torch.tensor(1.0)).backward()
    assert temperature.log_scale.grad.item() > 0
