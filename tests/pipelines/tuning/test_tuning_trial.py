"""Trials of really trained, really small towers."""

from dataclasses import replace

import numpy as np
import pytest

from shopclip.dualencoder import TrainingError
from shopclip.pipelines.tuning.search import Search
from shopclip.pipelines.tuning.space import Space, TuningError
from shopclip.pipelines.tuning.tables import describe
from shopclip.pipelines.tuning.trainer import Trainer
from tests.dualencoder.conftest import differing
from tests.pipelines.tuning.conftest import PAIRS, tuning_of


def trainer_of(shop, folder, **changed):
    shop = replace(shop, **changed)
    training = shop.training.model_copy(update={"encoder_features": str(folder / "features")})
    return Trainer.of(shop.examples, shop.image_store, training, shop.images, shop.captions)


def search_of(shop, folder, tuning, pairs=PAIRS, training=None):
    training = training or shop.training
    space = Space.of(tuning, training, pairs)
    return Search.begin(folder, tuning, space, trainer_of(shop, folder, training=training))


def run(search):
    """All that is left of a search, and its tables."""
    while search.run_next():
        pass
    return search.tables()


def epochs(training, count):
    return training.model_copy(update={"recipe": replace(training.recipe, epochs=count)})


@pytest.fixture(scope="module")
def searched(shop, tmp_path_factory):
    """A search that has ended: its folder, tables and itself."""
    folder = tmp_path_factory.mktemp("studies")
    search = search_of(shop, folder, tuning_of(trials=4))
    return folder, run(search), search


def test_a_trial_has_the_best_validation_mrr_of_its_epochs(searched):
    _, (epoch_rows, trials), search = searched
    complete = trials[trials["state"] == "complete"]
    best = epoch_rows.groupby("number")["mrr"].max()
    assert complete["value"].tolist() == best[complete["number"]].tolist()
    values = {trial.number: trial.value for trial in search.study.finished()}
    assert complete["value"].tolist() == [values[number] for number in complete["number"]]
    assert len(trials) == 4
    assert search.study.over


def test_the_first_trials_are_the_pairs_as_configured(searched, shop):
    _, (_, trials), search = searched
    assert trials["pair"].tolist()[:2] == list(PAIRS)
    assert trials["default"].tolist() == [True, True, False, False]
    assert trials["text_learning_rate"].tolist()[:2] == [1e-3, 1e-3]
    recipe = search.study.finished()[0].user_attrs["recipe"]
    assert recipe == vars(shop.training.recipe)


def test_a_default_trial_trains_what_the_training_pipeline_would(searched, shop, tmp_path):
    folder, (_, trials), search = searched
    kept = describe(search.study, trials)["default"]
    model = search.trainer.restore([kept], PAIRS, folder)[0]
    again, log = search.trainer.train(
        PAIRS[kept["pair"]], shop.training.recipe, tmp_path / "again", title="again"
    )
    assert differing(model.state_dict(), again.state_dict()) == []
    assert kept["value"] == max(epoch.mrr for epoch in log.epochs)


def test_weights_that_are_gone_are_trained_again(searched, tmp_path):
    folder, (_, trials), search = searched
    best = describe(search.study, trials)["best"]
    kept, again = (search.trainer.restore([best], PAIRS, path)[0] for path in (folder, tmp_path))
    assert differing(kept.state_dict(), again.state_dict()) == []


def test_more_trials_go_on_with_the_same_study_and_other_data_do_not(searched, shop):
    folder, (_, trials), search = searched
    more = search_of(shop, folder, tuning_of(trials=5))
    assert more.study.study.study_name == search.study.study.study_name
    fewer = shop.examples.drop(index=shop.examples.index[0])
    other = search_of(replace(shop, examples=fewer), folder, tuning_of(trials=5))
    assert other.study.study.study_name != search.study.study.study_name
    assert len(trials) == 4


def test_a_hopeless_trial_is_pruned_and_a_default_recipe_never(shop, tmp_path):
    tuning = tuning_of(
        {"image_learning_rate": {"low": 0.0, "high": 1e-2}},
        trials=5,
        pairs=["bert_resnet"],
        pruning={"startup_trials": 2, "warmup_epochs": 1},
    )
    search = search_of(shop, tmp_path, tuning, training=epochs(shop.training, 3))
    for rate in (5e-3, 4e-3, 1e-9):
        search.study.study.enqueue_trial(
            {"text_learning_rate": max(rate, 1e-4), "image_learning_rate": rate}
        )
    search.study.study.enqueue_trial(
        {"text_learning_rate": 1e-4, "image_learning_rate": 0.0}, user_attrs={"default": "another"}
    )
    epoch_rows, trials = run(search)
    states = trials.set_index("number")["state"]
    assert states[3] == "pruned"
    assert states[4] == "complete"  # as hopeless, but a default
    assert trials.loc[3, "epochs"] == (epoch_rows["number"] == 3).sum() < 3
    assert "below the median of the other trials" in trials.loc[3, "reason"]
    assert trials.loc[3, "value"] == epoch_rows.loc[epoch_rows["number"] == 3, "mrr"].max()


def test_a_trial_that_diverges_is_pruned_with_the_reason(shop, tmp_path):
    tuning = tuning_of(
        {"image_learning_rate": {"low": 1e-4, "high": 1e30, "log": True}},
        trials=2,
        pairs=["bert_resnet"],
    )
    search = search_of(shop, tmp_path, tuning)
    search.study.study.enqueue_trial({"text_learning_rate": 1e-3, "image_learning_rate": 1e30})
    _, trials = run(search)
    assert trials["state"].tolist() == ["complete", "pruned"]
    assert "lower the learning rates" in trials.loc[1, "reason"]
    assert np.isnan(trials.loc[1, "value"])


def test_a_default_recipe_that_diverges_is_an_error(shop, tmp_path):
    hot = replace(shop.training.recipe, image_learning_rate=1e30)
    training = shop.training.model_copy(update={"recipe": hot})
    search = search_of(shop, tmp_path, tuning_of(), training=training)
    with pytest.raises(TrainingError, match="lower the learning rates"):
        search.run_next()
    following = [search.study.claim(search.space.distributions()) for _ in range(2)]
    assert [trial.user_attrs.get("repeats") for trial in following] == [None, 0]


@pytest.mark.slow
def test_a_trial_that_is_interrupted_goes_on_from_its_last_state(shop, tmp_path):
    training = epochs(shop.training, 3).model_copy(update={"state_seconds": 0})
    tuning = tuning_of(trials=2, pairs=["bert_resnet"])
    undisturbed = run(search_of(shop, tmp_path / "a", tuning, training=training))

    search = search_of(shop, tmp_path / "b", tuning, training=training)
    step, seen = search.trainer.train, []

    def breaking(*arguments, after_epoch, **options):
        def counted(epoch):
            seen.append(epoch.epoch)
            if len(seen) == 2:
                raise KeyboardInterrupt
            after_epoch(epoch)

        return step(*arguments, after_epoch=counted, **options)

    object.__setattr__(search.trainer, "train", breaking)
    with pytest.raises(KeyboardInterrupt):
        search.run_next()
    states = next((tmp_path / "b").glob("*/states/trial_0000"))
    assert len(list(states.glob("step_*.safetensors"))) > 0

    epoch_rows, trials = run(search_of(shop, tmp_path / "b", tuning, training=training))
    assert trials["state"].tolist() == ["interrupted", "complete", "complete"]
    assert trials["value"].tolist()[1:] == undisturbed[1]["value"].tolist()
    curves = (rows["mrr"].tolist() for rows in (epoch_rows, undisturbed[0]))
    assert next(curves) == next(curves)


@pytest.mark.parametrize("split", ["validation", "held_out"])
def test_without_examples_to_choose_or_compare_by_it_says_what_to_set(shop, tmp_path, split):
    kept = shop.examples[shop.examples["split"] != split]
    with pytest.raises(
        TuningError, match=rf"split {split}, of which there are 0; .*splits.{split}="
    ):
        trainer_of(shop, tmp_path, examples=kept)
