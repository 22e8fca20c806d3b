import logging

import open_clip
import pytest
import timm
from timm.optim import param_groups_layer_decay
from torch import nn

from shopclip.dualencoder import Recipe, TextEncoder
from shopclip.dualencoder.layer_decay import layers_below_top, rate_shares
from shopclip.dualencoder.learner import Learner
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


def open_clip_model():
    return open_clip.CustomTextCLIP(
        embed_dim=12,
        vision_cfg={
            "image_size": 32, "layers": 3, "width": 16, "head_width": 8, "patch_size": 8,
        },
        text_cfg={"context_length": 8, "vocab_size": 50, "width": 16, "heads": 2, "layers": 3},
    )  # fmt: skip


@pytest.mark.parametrize("unlocked", [1, 2, 3])
def test_an_open_clip_tower_has_the_layers_that_open_clip_unlocks(unlocked):
    tower = open_clip_model().visual
    tower.lock(unlocked_groups=unlocked + 1)  # there the projection is a group of its own
    expected = {name for name, parameter in tower.named_parameters() if parameter.requires_grad}
    below = layers_below_top(tower)
    assert {name for name, layers in below.items() if layers < unlocked} == expected


def test_the_text_projection_of_open_clip_is_on_top_and_its_tokens_below_all():
    below = layers_below_top(open_clip_model().text)
    assert below["text_projection"] == 0
    assert below["token_embedding.weight"] == below["positional_embedding"] == 3


def test_what_stands_between_blocks_goes_with_the_one_before_it():
    def stage():
        row = nn.ModuleList(nn.Linear(2, 2) for _ in range(2))
        return nn.ModuleDict({"down": nn.Linear(2, 2), "row": row})

    stages = nn.ModuleDict({"stem": nn.Linear(2, 2), "one": stage(), "two": stage()})
    weights = {n: b for n, b in layers_below_top(stages).items() if n.endswith("weight")}
    assert weights["stem.weight"] == weights["one.down.weight"] == 4
    assert weights["one.row.0.weight"] == 3
    assert weights["two.down.weight"] == weights["two.row.0.weight"] + 1


def test_an_encoder_whose_layers_are_one_says_so(examples, caplog):
    albert = TextEncoder(
        config={**BERT.config, "model_type": "albert", "embedding_size": 16}, vocab_size=300
    )
    recipe = Recipe(epochs=1, batch_size=16, layer_decay=0.5)
    with caplog.at_level(logging.WARNING):
        Learner(build(albert, RESNET), examples, recipe)
    assert "AlbertModel has no layers to tell apart" in caplog.text
    assert "ResNet" not in caplog.text
