"""Whether both sides of the training benchmark see the same, and compute the same of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import training
from shopclip.dualencoder import Recipe, TextEncoder
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.losses import info_nce
from shopclip.dualencoder.pixels import to_pixel_values
from training_rates import Row, alternate
from training_steps import bare_step, batch_in_memory, train_steps
from training_towers import Pair, small_pairs
from training_trainer import TrainerItems, TrainerModel, collate, recall_at_10, train_with_trainer
from training_tutorial import PADDED, TutorialItems, tutorial_epoch, tutorial_loss

# torchvision would have its decoders replaced by another package, but run_clip.py has them
pytestmark = pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")
CPU = torch.device("cpu")
CHOSEN = np.arange(8)
RECIPE = Recipe(epochs=2, batch_size=8)


@pytest.fixture(scope="module")
def data(shop):
    """Examples with distinct captions, of which no two are positives of each other."""
    return shop.examples(~shop.products["key"].duplicated().to_numpy())


@pytest.fixture
def model(data):
    return small_pairs()["bert_resnet"].build(data[0], training.SMALL).eval()


@pytest.fixture
def items(request, data, model):
    examples, encoded = data
    captions = [examples.captions[number] for number in examples.caption_ids]
    return request.param(encoded, captions, model)


def ours(model, examples):
    """What our loop hands to the towers, without augmentation."""
    pixel_values = to_pixel_values(torch.from_numpy(examples.pixels(CHOSEN)), training.SMALL)
    tokens = model.tokenise(examples.captions)
    return pixel_values, *tokens.batch(torch.from_numpy(examples.caption_ids[CHOSEN]))


@pytest.mark.parametrize("items", [TutorialItems, TrainerItems], indirect=True)
def test_a_peer_sees_the_pixels_and_tokens_that_we_see(items, data, model):
    pixel_values, input_ids, mask = ours(model, data[0])
    for place in CHOSEN:
        item = items[place]
        # Pillow and torchvision round differently, by one of 256 steps or two
        assert (item["pixel_values"] - pixel_values[place]).abs().max() < 3 / 127.5
        assert (item["pixel_values"] - pixel_values[place]).abs().mean() < 0.5 / 127.5
        length = int(mask[place].sum())
        assert list(item["input_ids"][:length]) == input_ids[place, :length].tolist()
        assert sum(item["attention_mask"]) == length


def padded(input_ids, mask):
    """As the peers pad: to the same length whatever the batch."""
    rest = (0, PADDED - input_ids.shape[1])
    pad = torch.nn.functional.pad
    return {"input_ids": pad(input_ids, rest), "attention_mask": pad(mask, rest)}


@torch.no_grad()
def test_all_sides_compute_the_same_loss(data, model):
    pixel_values, input_ids, mask = ours(model, data[0])
    images = model.image(torch.from_numpy(data[0].pixels(CHOSEN)))
    loss = info_nce(
        model.temperature(images @ model.text(input_ids, mask).T), torch.from_numpy(CHOSEN)
    )
    batch = {"pixel_values": pixel_values, **padded(input_ids, mask)}
    torch.testing.assert_close(tutorial_loss(model, batch), loss, atol=1e-4, rtol=0)
    torch.testing.assert_close(TrainerModel(model)(**batch)["loss"], loss, atol=1e-4, rtol=0)


def test_the_bare_step_is_the_step_without_what_is_around_it(data):
    pair = small_pairs()["bert_resnet"]
    calm = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    text = TextEncoder(config={**pair.text.config, **calm}, pooling=pair.text.pooling)
    pair = Pair(text, pair.image)
    whole, bare = (
        Learner(pair.build(data[0], training.SMALL), data[0], replace(RECIPE, warmup=0))
        for _ in range(2)
    )
    number, batch = next(whole.batches(0, 1))
    loss = bare_step(bare, *batch_in_memory(bare)).item()
    assert whole.step(batch, number).loss == pytest.approx(loss, abs=1e-5)
    for mine, its in zip(whole.model.parameters(), bare.model.parameters(), strict=True):
        torch.testing.assert_close(mine, its, atol=1e-4, rtol=1e-3)


def test_sides_take_turns_and_count_their_images(data, model):
    learner = Learner(model, data[0], RECIPE)
    loop = tutorial_epoch(model, data, RECIPE, steps=2, workers=0)
    work = train_steps(learner, learner.per_epoch + 1)  # on into the next epoch
    assert (loop(), work()) == (2 * 8, (learner.per_epoch + 1) * 8)
    turns = []
    sides = {name: lambda name=name: turns.append(name) or 1 for name in "ab"}
    assert set(alternate(sides, 2, CPU)) == {"a", "b"}
    assert turns == ["a", "b", "a", "b"]


@pytest.mark.parametrize("items", [TrainerItems], indirect=True)
def test_trainer_trains_the_towers_themselves(items, data, model):
    pytest.importorskip("accelerate")
    before = model.text.projection[1].weight.detach().clone()
    train_with_trainer(model, items, replace(RECIPE, epochs=1), workers=0, device=CPU)
    assert not torch.equal(before, model.text.projection[1].weight)
    assert collate([items[0], items[1]])["pixel_values"].shape == (2, 3, *training.SMALL)
    found = recall_at_10(model, data[0])
    assert 0 <= found["low"] <= found["mean"] <= found["high"] <= 1


def test_a_key_holds_the_worst_row_but_our_faster_precision():
    rows = [
        Row("bert_resnet, fp32", 3.0, 1.0, 3),
        Row("bert_resnet, bf16", 4.0, 1.0, 3),
        Row("bert_vit, fp32", 9.0, 1.0, 3),
    ]
    assert training.deciding("over_tutorial_loop", rows).ratio == 4
    assert training.deciding("end_to_end_over_bare_step", rows).ratio == 3
    assert rows[0].met is True
    assert Row("", 1.0, 2.0, 0.9).met is False
