"""The nodes with real towers, of a few thousand weights: what they learn from, and what not."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from shopclip.dualencoder import TrainingError, preflight
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.training_log import Epoch, Step
from shopclip.files.image_store import ImageStore
from shopclip.parameters import (
    CaptionParameters,
    EngineParameters,
    ImageParameters,
    Pair,
    TrainingParameters,
)
from shopclip.pipelines.training.nodes import check_learning, train
from shopclip.tables.contamination import caption_hashes
from tests.dualencoder.conftest import BERT, RESNET, differing, weights
from tests.dualencoder.test_epoch_evaluator import naive_mrr

COUNTS = {"train": 24, "validation": 12, "held_out": 12}
PAIR = Pair(text=BERT, image=RESNET, label="bert_resnet")
TRAINING = TrainingParameters(recipe={"epochs": 1, "batch_size": 8}, embed_dim=16, device="cpu")
IMAGES = ImageParameters(size={"height": 24, "width": 16})
PLAIN = CaptionParameters()
ENRICHED = CaptionParameters(template="{caption}, {baseColour}", field_dropout=0.5, variants=3)


def shop(seed=0, said=""):
    """Products of every split, mixed, each with a caption of its own; and their pictures.

    Args:
        seed: of the pictures.
        said: what captions end with.
    """
    splits = np.random.default_rng(1).permutation(np.repeat(list(COUNTS), list(COUNTS.values())))
    numbers = np.arange(len(splits))
    examples = pd.DataFrame(
        {
            "id": [f"p{n}" for n in numbers],
            "row": numbers[::-1].astype("int64"),
            "caption_id": numbers,
            "split": splits,
            "caption": [f"shirt number {n}{said}" for n in numbers],
            "baseColour": pd.array(["red", "blue", "green"] * (len(numbers) // 3), "string"),
        }
    )
    pixels = np.random.default_rng(seed).integers(0, 256, (len(numbers), 24, 16, 3), np.uint8)
    return examples, ImageStore(pixels, examples["id"][::-1], pd.DataFrame(), f"f{seed}")


def trained(folder, data=None, *, pair=PAIR, captions=PLAIN, resume=False, **parameters):
    """What the node leaves of a training that begins again, in one process on the CPU."""
    folders = {
        "checkpoints": str(folder / "checkpoints"),
        "encoder_features": str(folder / "features"),
    }
    training = TRAINING.model_copy(update={"resume": resume, **folders, **parameters})
    return train(*(data or shop()), pair, training, IMAGES, captions, EngineParameters())


def recipe(**knobs):
    return replace(TRAINING.recipe, **knobs)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """The usual pair, trained on the usual shop."""
    return trained(tmp_path_factory.mktemp("once"))


def changed(split):
    """The shop with other pictures and other words for every product of a split."""
    (examples, store), (other, pictures) = shop(), shop(seed=7, said=" of linen")
    chosen = (examples["split"] == split).to_numpy()
    rows = examples["row"][chosen]
    pixels = store.images.copy()
    pixels[rows] = pictures.images[rows]
    captions = examples["caption"].where(~chosen, other["caption"])
    return examples.assign(caption=captions), replace(store, images=pixels, fingerprint="other")


@pytest.mark.parametrize("split", ["validation", "held_out"])
def test_what_is_not_of_the_training_split_moves_no_weight(split, once, tmp_path):
    model, *_ = trained(tmp_path, changed(split))
    assert differing(weights(once[0]), weights(model)) == []
    assert model.text.tokenizer.get_vocab() == once[0].text.tokenizer.get_vocab()


def test_what_is_of_the_training_split_does(once, tmp_path):
    model, *_ = trained(tmp_path, changed("train"))
    assert differing(weights(once[0]), weights(model))


def test_an_epoch_has_the_steps_of_the_training_split_alone(once):
    _, steps, epochs, _ = once
    assert steps["step"].tolist() == list(range(COUNTS["train"] // 8))
    assert epochs["step"].tolist() == [COUNTS["train"] // 8]


def retrieval(model, examples, store):
    """MRR of these examples among themselves, both directions, by a loop."""
    images = model.embed_images(store.images, examples["row"].to_numpy())
    return naive_mrr(images, model.embed_captions(list(examples["caption"])))


def test_every_epoch_is_judged_by_the_validation_split(once):
    model, _, epochs, _ = once
    examples, store = shop()
    by_split = {
        split: retrieval(model, examples[examples["split"] == split], store) for split in COUNTS
    }
    assert epochs["mrr"].tolist() == pytest.approx([by_split["validation"]], abs=1e-5)
    assert min(abs(by_split["validation"] - by_split[s]) for s in ("train", "held_out")) > 1e-3


def test_the_pair_ends_with_the_weights_of_its_best_validation_epoch(tmp_path):
    """Rates that high make the last epoch unlikely to be the best, so that it would be seen."""
    rates = ("text_learning_rate", "image_learning_rate", "projection_learning_rate")
    wild = recipe(epochs=6, **dict.fromkeys(rates, 0.02))
    model, _, epochs, _ = trained(tmp_path, recipe=wild)
    examples, store = shop()
    kept = retrieval(model, examples[examples["split"] == "validation"], store)
    assert epochs["mrr"].idxmax() < 5
    assert kept == pytest.approx(epochs["mrr"].max(), abs=1e-5)
    assert kept != pytest.approx(epochs["mrr"].iloc[-1], abs=1e-3)


def test_without_a_validation_split_epochs_are_judged_by_the_training_one(tmp_path):
    examples, store = shop()
    kept = examples[examples["split"] != "validation"]
    model, _, epochs, _ = trained(tmp_path, (kept, store))
    expected = retrieval(model, kept[kept["split"] == "train"], store)
    assert epochs["mrr"].tolist() == pytest.approx([expected], abs=1e-5)


@pytest.mark.parametrize("captions", [PLAIN, ENRICHED])
def test_a_pairs_own_seed_counts_as_the_seed_of_all_pairs_does(captions, tmp_path):
    """First weights, order, dropout, augmentation and enriched captions all follow from the sum."""
    first, other, same = (
        trained(
            tmp_path / name,
            pair=PAIR.model_copy(update={"seed": own}),
            seed=shared,
            captions=captions,
        )
        for name, own, shared in (("first", 0, 4), ("other", 3, 4), ("same", 0, 7))
    )
    assert differing(weights(first[0]), weights(other[0]))
    assert differing(weights(other[0]), weights(same[0])) == []
    assert other[1]["loss"].tolist() == same[1]["loss"].tolist() != first[1]["loss"].tolist()


def test_a_pairs_own_recipe_takes_the_place_of_the_shared_one(tmp_path):
    pair = PAIR.model_copy(update={"recipe": {"epochs": 2, "batch_size": 12}})
    _, steps, epochs, _ = trained(tmp_path, pair=pair)
    assert (len(steps), len(epochs)) == (4, 2)


def test_enriched_captions_are_trained_with(once, tmp_path):
    model, *_ = trained(tmp_path, captions=ENRICHED)
    assert "red" in model.text.tokenizer.get_vocab()
    assert "red" not in once[0].text.tokenizer.get_vocab()


def test_what_was_seen_is_every_caption_but_the_held_out_ones(once):
    examples, _ = shop()
    used = examples.loc[examples["split"] != "held_out", "caption"]
    assert sorted(once[3]["caption_hash"]) == sorted(caption_hashes(used))


def test_towers_that_are_not_trained_have_empty_tables_with_their_columns(tmp_path):
    _, steps, epochs, seen = trained(tmp_path, recipe=recipe(epochs=0))
    assert list(steps.columns) == [field.name for field in fields(Step)]
    assert list(epochs.columns) == [field.name for field in fields(Epoch)]
    assert steps.empty
    assert epochs.empty
    assert seen.empty


def test_a_training_that_is_done_is_found_done_unless_it_shall_begin_anew(tmp_path, monkeypatch):
    taken, step = [], Learner.step
    monkeypatch.setattr(Learner, "step", lambda *given: (taken.append(given[2]), step(*given))[1])
    models = [trained(tmp_path, resume=resume)[0] for resume in (True, True, False)]
    assert taken == [0, 1, 2] * 2
    assert all(differing(weights(models[0]), weights(model)) == [] for model in models)


def check(pair=PAIR, **parameters):
    training = TRAINING.model_copy(update=parameters)
    return check_learning(*shop(), pair, training, IMAGES, PLAIN)


def test_towers_that_learn_pass_the_preflight_with_the_training_split(monkeypatch):
    monkeypatch.setattr(preflight, "SECONDS", 30.0)
    found = check(recipe=recipe(projection_learning_rate=5e-3))
    assert found["accuracy"] >= preflight.ACCURACY_THRESHOLD
    assert found["examples"] == COUNTS["train"]
    assert found["loss"] < found["chance_loss"]


def test_towers_that_do_not_learn_fail_it_in_one_line(monkeypatch):
    still = dict.fromkeys(("text_mode", "image_mode"), "frozen")
    monkeypatch.setattr(
        preflight.overfit, "__kwdefaults__", {**preflight.overfit.__kwdefaults__, "seconds": 0.2}
    )
    with pytest.raises(
        TrainingError, match=r"do not learn a few examples by heart: after \d+ step"
    ):
        check(recipe=recipe(projection_learning_rate=0.0, **still))
