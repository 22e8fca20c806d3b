import pytest
import timm
from timm.optim import param_groups_layer_decay

from shopclip.dualencoder import Recipe
from shopclip.dualencoder.layer_decay import rate_shares
from shopclip.dualencoder.optimizer import build_optimizer
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build


def test_a_timm_vit_has_the_shares_that_timm_gives_it():
    model = timm.create_model("vit_tiny_patch16_224", depth=4, num_classes=0)
    expected = {}
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    for group in param_groups_layer_decay(model, layer_decay=0.7):
        expected |= {names[id(parameter)]: group["lr_scale"] for parameter in group["params"]}
    assert rate_shares(model, 0.7) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (
            (GPT, VIT),
            {
                "text": {"wte.weight": 0.25, "h.0.ln_1.weight": 0.5, "h.1.mlp.c_fc.weight": 1},
                "image": {
                    "embeddings.cls_token": 1,  # a single block stands in no row
                    "layernorm.weight": 1,
                },
            },
        ),
        (
            (BERT, RESNET),
            {
                "text": {"embeddings.word_embeddings.weight": 1},
                "image": {
                    "embedder.embedder.convolution.weight": 0.25,
                    "encoder.stages.0.layers.0.layer.0.convolution.weight": 0.5,
                    "encoder.stages.1.layers.0.layer.0.convolution.weight": 1,
                },
            },
        ),
    ],
)
def test_each_layer_has_its_share_by_hand(pair, expected):
    model = build(*pair)
    for side, shares in expected.items():
        found = rate_shares(getattr(model, side).encoder, 0.5)
        assert {name: found[name] for name in shares} == shares


def test_what_follows_the_blocks_goes_with_the_top_one():
    assert rate_shares(build(GPT, VIT).text.encoder, 0.5)["ln_f.weight"] == 1


def test_the_optimizer_has_these_rates_and_projections_keep_theirs():
    model = build(GPT, RESNET)
    recipe = Recipe(layer_decay=0.5, text_learning_rate=1e-3, projection_learning_rate=7e-3)
    optimizer = build_optimizer(model, recipe)
    rate = {id(p): g["peak"] for g in optimizer.param_groups for p in g["params"]}
    assert rate[id(model.text.encoder.wte.weight)] == pytest.approx(0.25e-3)
    assert rate[id(model.text.encoder.h[1].ln_1.weight)] == pytest.approx(1e-3)
    assert rate[id(model.text.projection[1].weight)] == 7e-3


def test_without_decay_the_groups_are_those_of_the_parts():
    assert len(build_optimizer(build(GPT, RESNET), Recipe()).param_groups) == 2
