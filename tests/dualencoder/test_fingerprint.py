from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from shopclip.dualencoder import fingerprint
from tests.dualencoder.conftest import BERT, RESNET, build, varied

PARTS = st.one_of(
    st.text(max_size=3),
    st.lists(st.text(max_size=2), max_size=3),
    st.integers(-3, 3),
    arrays(
        st.sampled_from([np.uint8, np.int64, np.float32]),
        array_shapes(max_side=3),
        elements=st.integers(0, 2),
    ),
)


def plainly(part):
    """What a part is, in a form that Python compares by content."""
    if isinstance(part, np.ndarray):
        return str(part.dtype), part.shape, part.tobytes()
    return type(part).__name__, repr(part)


@given(st.lists(PARTS, max_size=3), st.lists(PARTS, max_size=3))
@settings(deadline=None)
def test_equal_content_and_only_that_has_an_equal_name(one, other):
    same = [plainly(part) for part in one] == [plainly(part) for part in other]
    assert (fingerprint.of(*one) == fingerprint.of(*other)) == same


@pytest.mark.parametrize(
    "other",
    [
        torch.zeros(3, 2),
        torch.zeros(2, 3, dtype=torch.int32),
        torch.zeros(2, 3, dtype=torch.bfloat16),
        torch.zeros(6),
        torch.ones(2, 3),
    ],
)
def test_a_tensor_is_its_content_its_shape_and_its_type(other):
    assert fingerprint.of(torch.zeros(2, 3)) == fingerprint.of(torch.zeros(2, 3))
    assert fingerprint.of(torch.zeros(2, 3)) != fingerprint.of(other)


def test_strides_and_layout_do_not_matter():
    array = np.arange(12).reshape(3, 4)
    assert fingerprint.of(array) == fingerprint.of(np.asfortranarray(array))
    assert fingerprint.of(array.T) == fingerprint.of(array.T.copy())
    tensor = torch.randn(2, 3, 4, 5)
    channels_last = tensor.to(memory_format=torch.channels_last)
    assert fingerprint.of(tensor) == fingerprint.of(channels_last)


def test_a_scalar_and_an_empty_array_have_names():
    assert fingerprint.of(torch.tensor(1.0)) != fingerprint.of(torch.tensor(2.0))
    assert fingerprint.of(np.zeros((0, 3))) != fingerprint.of(np.zeros((0, 4)))


def test_weights_are_told_apart_by_one_bit_of_one_buffer(model):
    before = fingerprint.of_weights(model)
    assert before == fingerprint.of_weights(build(BERT, RESNET))
    assert before != fingerprint.of_weights(build(BERT, RESNET, seed=1))
    model.get_buffer("image.encoder.embedder.embedder.normalization.running_mean")[0] += 1e-6
    assert before != fingerprint.of_weights(model)


def test_the_mode_and_gradients_of_a_model_do_not_matter(model):
    before = fingerprint.of_weights(model)
    model.eval().requires_grad_(False)
    assert before == fingerprint.of_weights(model)


def test_any_change_of_the_examples_changes_their_name(examples):
    images = examples.images.copy()
    images[3, 0, 0, 0] ^= 1
    changed = [
        examples,
        replace(examples, images=images),
        replace(examples, rows=examples.rows[::-1]),
        replace(examples, caption_ids=examples.caption_ids[::-1]),
        replace(examples, captions=examples.captions[::-1]),
        replace(examples, variants=examples.caption_ids[:, None]),
        varied(examples),
        replace(examples, images_fingerprint="a store"),
        replace(examples, images_fingerprint="another store"),
    ]
    names = [fingerprint.of_examples(one) for one in changed]
    assert len(set(names)) == len(names)


def test_the_pictures_of_a_store_are_known_by_its_name_without_reading_them(examples):
    stored = replace(examples, images=None, images_fingerprint="a store")
    assert fingerprint.of_examples(stored) == fingerprint.of_examples(
        replace(examples, images_fingerprint="a store")
    )
