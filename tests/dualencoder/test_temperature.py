import pytest
import torch

from shopclip.dualencoder.temperature import MAX_SCALE, Temperature
from tests.dualencoder.conftest import BERT, RESNET, build


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


def test_a_bias_is_added_to_the_scaled_similarities_and_learns():
    temperature = Temperature(0.1, bias=-10.0)
    logits = temperature(torch.tensor([0.5, -0.5]))
    torch.testing.assert_close(logits, torch.tensor([-5.0, -15.0]))
    logits.sum().backward()
    assert temperature.bias.grad.item() == 2


def test_without_a_bias_there_is_no_such_weight():
    assert list(Temperature().state_dict()) == ["log_scale"]


@pytest.mark.parametrize(
    ("loss", "given", "scale", "bias"),
    [("info_nce", None, 1 / 0.07, None), ("siglip", None, 10, -10), ("siglip", 0.5, 2, -10)],
)
def test_a_model_starts_where_its_loss_or_the_recipe_says(loss, given, scale, bias):
    temperature = build(BERT, RESNET, loss=loss, temperature=given).temperature
    assert temperature.scale.item() == pytest.approx(scale)
    assert (None if temperature.bias is None else temperature.bias.item()) == bias


def test_the_lowest_temperature_of_a_recipe_still_learns():
    temperature = Temperature(0.01)
    temperature.clamp_()
    temperature(torch.tensor(1.0)).backward()
    assert temperature.log_scale.grad.item() > 0
