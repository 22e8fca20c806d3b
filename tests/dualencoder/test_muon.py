import pytest
import torch
from torch import nn
from torch.optim import AdamW, Muon

from shopclip.dualencoder import ImageEncoder, Recipe
from shopclip.dualencoder.muon import MuonWithAdamW, hidden_matrices
from shopclip.dualencoder.optimizer import build_optimizer, set_learning_rates
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build

RATES = {"text_learning_rate": 2e-3, "image_learning_rate": 4e-3, "projection_learning_rate": 1e-3}
TABLES = ("word_emb", "position_emb", "token_type_emb", "wte", "wpe", "cls_token")
MUON = Recipe(optimizer="muon", weight_decay=0.3, **RATES)


def convolution(memory_format):
    torch.manual_seed(0)
    return nn.Conv2d(6, 8, 3).to(memory_format=memory_format)


def step_by(layer, steps=3):
    """A layer's weights after steps with fixed gradients, Muon's for its matrix."""
    own = [{"params": [layer.weight], "lr": 1e-2, "weight_decay": 0.1}]
    other = [{"params": [layer.bias], "lr": 1e-3, "weight_decay": 0.0}]
    optimizer = MuonWithAdamW(own, other, betas=(0.9, 0.98), eps=1e-6)
    for step in range(steps):
        for parameter in (layer.weight, layer.bias):
            generator = torch.Generator().manual_seed(step)
            gradient = torch.randn(parameter.shape, generator=generator)
            parameter.grad = torch.empty_like(parameter).copy_(gradient)
        optimizer.step()
    return layer


def by_torch(layer, matrix_of, steps=3):
    """The same by torch's own optimizers, the weight laid out as a matrix beforehand."""
    matrix = nn.Parameter(matrix_of(layer.weight.detach()).clone())
    bias = nn.Parameter(layer.bias.detach().clone())
    optimizers = (
        Muon([matrix], lr=1e-2, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        AdamW([bias], lr=1e-3, weight_decay=0.0, betas=(0.9, 0.98), eps=1e-6, fused=True),
    )
    for step in range(steps):
        for parameter, shape in ((matrix, layer.weight.shape), (bias, bias.shape)):
            generator = torch.Generator().manual_seed(step)
            gradient = torch.randn(shape, generator=generator)
            parameter.grad = matrix_of(gradient) if parameter is matrix else gradient
        for optimizer in optimizers:
            optimizer.step()
    return matrix.detach(), bias.detach()


def test_a_matrix_moves_as_torchs_muon_moves_it():
    torch.manual_seed(0)
    layer = nn.Linear(6, 4)
    matrix, bias = by_torch(layer, lambda values: values)
    step_by(layer)
    assert torch.equal(layer.weight.detach(), matrix)
    assert torch.equal(layer.bias.detach(), bias)


@pytest.mark.parametrize(
    ("memory_format", "order"),
    [(torch.contiguous_format, (0, 1, 2, 3)), (torch.channels_last, (0, 2, 3, 1))],
)
def test_a_convolution_is_a_matrix_with_a_row_an_output_channel(memory_format, order):
    layer = convolution(memory_format)
    matrix, _ = by_torch(layer, lambda values: values.permute(order).flatten(1).contiguous())
    step_by(layer)
    assert torch.equal(layer.weight.detach().permute(order).flatten(1), matrix)
    assert layer.weight.is_contiguous(memory_format=memory_format)


def test_a_step_is_nearly_orthogonal_and_as_long_as_one_of_adamw():
    layer = convolution(torch.channels_last)
    before = layer.weight.detach().clone()
    step_by(layer, steps=1)
    moved = (before * (1 - 1e-2 * 0.1) - layer.weight.detach()).flatten(1)
    singular = torch.linalg.svdvals(moved) / (1e-2 * 0.2 * 54**0.5)  # of 8 rows and 54 columns
    assert singular.min() > 0.5
    assert singular.max() < 1.5
    assert moved.square().mean().sqrt() == pytest.approx(1e-2 * 0.2, rel=0.2)


def test_what_is_a_matrix_of_which_encoder():
    def names(model, side):
        return {name for name, _ in hidden_matrices(getattr(model, side).encoder)}

    for text, image in ((BERT, RESNET), (GPT, VIT)):
        model = build(text, image)
        for side in ("text", "image"):
            encoder = getattr(model, side).encoder
            expected = {
                name
                for name, parameter in encoder.named_parameters()
                if parameter.ndim > 1 and not any(table in name for table in TABLES)
            }
            assert names(model, side) == expected


def test_depthwise_convolutions_are_left_to_adamw():
    mobile = ImageEncoder(config={"model_type": "mobilenet_v2", "depth_multiplier": 0.25})
    encoder = build(BERT, mobile).image.encoder
    modules = dict(encoder.named_modules())
    found = {name.removesuffix(".weight") for name, _ in hidden_matrices(encoder)}
    convolutions = {name for name, m in modules.items() if isinstance(m, nn.Conv2d)}
    depthwise = {name for name in convolutions if modules[name].groups > 1}
    assert depthwise
    assert found & convolutions == convolutions - depthwise


def test_every_parameter_learns_at_its_rate_and_matrices_of_encoders_by_muon():
    model = build(BERT, RESNET)
    model.image.to(memory_format=torch.channels_last)
    optimizer = build_optimizer(model, MUON)
    assert isinstance(optimizer, MuonWithAdamW)
    peaks = {id(p): g["peak"] for g in optimizer.param_groups for p in g["params"]}
    rates = {"text.encoder": 2e-3, "image.encoder": 4e-3}
    for name, parameter in model.named_parameters():
        assert peaks[id(parameter)] == rates.get(".".join(name.split(".")[:2]), 1e-3), name
        parameter.grad = torch.ones_like(parameter)
    set_learning_rates(optimizer, 0, steps=4, warmup=0.5)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer.step()
    assert all(not torch.equal(before[name], p) for name, p in model.named_parameters())
    matrices = {
        f"{side}.encoder.{name}"
        for side in ("text", "image")
        for name, _ in hidden_matrices(getattr(model, side).encoder)
    }
    for name, parameter in model.named_parameters():
        kinds = {"momentum_buffer"} if name in matrices else {"step", "exp_avg", "exp_avg_sq"}
        assert optimizer.state[parameter].keys() == kinds, name


def test_frozen_encoders_leave_nothing_to_muon():
    model = build(BERT, RESNET)
    for tower in (model.text, model.image):
        tower.encoder.requires_grad_(False)
    frozen = Recipe(optimizer="muon", text_mode="frozen", image_mode="frozen")
    assert isinstance(build_optimizer(model, frozen), AdamW)
