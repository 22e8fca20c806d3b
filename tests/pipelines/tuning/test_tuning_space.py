import math
from dataclasses import asdict

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopclip.parameters import Pair, TrainingParameters
from shopclip.parameters.tuning import TuningParameters
from shopclip.pipelines.tuning.space import Space, TuningError, default_of
from tests.dualencoder.conftest import BERT, GPT, RESNET
from tests.pipelines.tuning.conftest import PAIRS, tuning_of

TRAINING = TrainingParameters(recipe={"epochs": 2, "batch_size": 16, "text_learning_rate": 1e-3})
# The value that every space below has to hold, and the bounds of Recipe.
INSIDE = {
    "batch_size": (16, 2, 512),
    "text_learning_rate": (1e-3, 0, 1),
    "warmup": (0.1, 0, 1),
    "crop": (0.9, 0.2, 1),
    "jitter": (0.0, 0, 0.5),
    "epochs": (2, 1, 100),
}


@st.composite
def ranges(draw):
    """Some hyperparameters with a range around their default, within the bounds of Recipe."""
    space = {}
    for name in draw(st.lists(st.sampled_from(sorted(INSIDE)), min_size=1, unique=True)):
        default, least, most = INSIDE[name]
        number = st.integers if isinstance(default, int) else st.floats
        low, high = draw(number(least, default)), draw(number(default, most))
        if low < high and math.isfinite(high - low):
            space[name] = {"low": low, "high": high, "log": low > 0 and draw(st.booleans())}
    return space


def study_of_random_trials(seed):
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))


@settings(deadline=None, max_examples=25)
@given(ranges(), st.integers(0, 1000))
def test_what_a_trial_chooses_is_a_recipe_within_the_range(domains, seed):
    tuning = TuningParameters(space=domains)
    space = Space.of(tuning, TRAINING, PAIRS)
    trial = study_of_random_trials(seed).ask(space.distributions())
    pair, recipe = space.read(trial.params)
    assert pair in PAIRS
    for name, domain in tuning.space.items():
        low, high = domain.range
        assert low <= getattr(recipe, name) <= high
        assert type(getattr(recipe, name)) is type(INSIDE[name][0])
    untouched = {name: value for name, value in asdict(recipe).items() if name not in domains}
    default = asdict(TRAINING.recipe)
    assert untouched == {name: default[name] for name in untouched}


def test_steps_and_choices_are_kept_to():
    domains = {
        "batch_size": {"low": 8, "high": 32, "step": 8},
        "loss": {"choices": ["info_nce", "siglip"]},
        "micro_batch": {"choices": [None, 4]},
    }
    space = Space.of(tuning_of(domains), TRAINING, PAIRS)
    study = study_of_random_trials(0)
    found = [space.read(study.ask(space.distributions()).params)[1] for _ in range(60)]
    assert {recipe.batch_size for recipe in found} == {8, 16, 24, 32}
    assert {recipe.loss for recipe in found} == {"info_nce", "siglip"}
    assert {recipe.micro_batch for recipe in found} == {None, 4}


def test_the_default_choices_are_the_recipes_as_configured():
    pairs = {**PAIRS, "slow": Pair(text=BERT, image=RESNET, recipe={"text_learning_rate": 2e-4})}
    space = Space.of(tuning_of(), TRAINING, pairs)
    for name, choice in space.defaults().items():
        assert space.read(choice) == (name, TRAINING.recipe_for(pairs[name]))
    assert space.defaults()["slow"] == {"pair": "slow", "text_learning_rate": 2e-4}


def test_one_pair_alone_is_not_chosen():
    space = Space.of(tuning_of(pairs=["gpt_resnet"]), TRAINING, PAIRS)
    assert list(space.distributions()) == ["text_learning_rate"]
    assert space.read({"text_learning_rate": 2e-3})[0] == "gpt_resnet"


def test_what_a_trial_chooses_goes_before_what_the_pair_sets_itself():
    pairs = {"one": Pair(text=BERT, image=RESNET, recipe={"text_learning_rate": 2e-3, "epochs": 3})}
    _, recipe = Space.of(tuning_of(), TRAINING, pairs).read({"text_learning_rate": 5e-3})
    assert (recipe.text_learning_rate, recipe.epochs, recipe.batch_size) == (5e-3, 3, 16)


def test_repeats_of_a_pair_by_another_seed_are_no_pairs_to_choose():
    repeat = PAIRS["bert_resnet"].model_copy(update={"repeats": "bert_resnet", "seed": 1})
    space = Space.of(tuning_of(), TRAINING, {**PAIRS, "bert_resnet_seed1": repeat})
    assert list(space.pairs) == list(PAIRS)


def test_a_temperature_that_is_left_to_the_loss_is_that_of_the_loss():
    domains = {"temperature": {"low": 0.02, "high": 0.2, "log": True}}
    space = Space.of(tuning_of(domains), TRAINING, PAIRS)
    assert space.defaults()["bert_resnet"]["temperature"] == 0.07
    siglip = TRAINING.recipe_for(
        PAIRS["bert_resnet"].model_copy(update={"recipe": {"loss": "siglip"}})
    )
    assert default_of(siglip, "temperature") == 0.1


@pytest.mark.parametrize(
    ("space", "settings", "pairs", "error"),
    [
        ({}, {"pairs": ["bert_vit"]}, PAIRS, "tuning.pairs: bert_vit is not among"),
        ({}, {"trials": 2}, {**PAIRS, "x": PAIRS["gpt_resnet"]}, "expected at least 3"),
        ({"batch_size": {"choices": [32, 64]}}, {}, PAIRS, "batch_size leaves out 16"),
        ({"crop": {"low": 0.5, "high": 0.8}}, {}, PAIRS, "crop leaves out 0.9"),
        ({"crop": {"low": 0.5, "high": 1.0, "step": 0.25}}, {}, PAIRS, "crop leaves out 0.9"),
        ({"patience": {"low": 1, "high": 3}}, {}, PAIRS, "patience leaves out None"),
        (
            {},
            {},
            {"clip": Pair(text=GPT, image=RESNET, recipe={"epochs": 0})},
            "clip has 0 epochs and cannot be tuned",
        ),
    ],
)
def test_a_space_that_cannot_be_searched_is_an_error_with_its_remedy(space, settings, pairs, error):
    with pytest.raises(TuningError, match=error):
        Space.of(tuning_of(space, **settings), TRAINING, pairs)


def test_one_pair_and_no_hyperparameter_leave_nothing_to_choose():
    tuning = TuningParameters(space={}, pairs=["gpt_resnet"])
    with pytest.raises(TuningError, match="nothing to choose"):
        Space.of(tuning, TRAINING, PAIRS)


def test_another_space_pair_recipe_or_seed_is_another_study():
    manifests = [
        space.manifest()
        for space in (
            Space.of(tuning_of(), TRAINING, PAIRS),
            Space.of(tuning_of({"jitter": {"low": 0, "high": 0.1}}), TRAINING, PAIRS),
            Space.of(tuning_of(pairs=["gpt_resnet"]), TRAINING, PAIRS),
            Space.of(tuning_of(), TRAINING.model_copy(update={"seed": 1}), PAIRS),
            Space.of(tuning_of(), TrainingParameters(recipe={"epochs": 3}), PAIRS),
        )
    ]
    assert all(one != other for i, one in enumerate(manifests) for other in manifests[:i])
    assert manifests[0] == Space.of(tuning_of(trials=9), TRAINING, PAIRS).manifest()


def test_a_public_model_as_it_is_is_left_aside_unless_it_is_named():
    public = {"clip": {"name": "somebody/clip", "recipe": {"epochs": 0}}}
    space = {"warmup": {"low": 0.0, "high": 0.3}}
    assert (
        "clip" not in Space.of(TuningParameters(space=space), TRAINING, {**PAIRS, **public}).pairs
    )
    named = TuningParameters(space=space, pairs=["clip"])
    with pytest.raises(TuningError, match="clip has 0 epochs"):
        Space.of(named, TRAINING, {**PAIRS, **public})


CACHED = {"text_mode": "cached", "image_mode": "cached"}


def space_of(recipe, domains):
    return Space.of(
        tuning_of(domains), TRAINING, {"one": Pair(text=BERT, image=RESNET, recipe=recipe)}
    )


def test_latent_mixup_is_tuned_where_both_encoders_are_cached():
    space = space_of(CACHED, {"latent_mixup": {"low": 0.0, "high": 1.0}})
    assert space.recipe("one", {"latent_mixup": 0.4}).latent_mixup == 0.4


@pytest.mark.parametrize(
    ("recipe", "domains", "expected"),
    [
        ({}, {"latent_mixup": {"low": 0.0, "high": 1.0}}, "one have latent_mixup 1.0: .* cached"),
        (
            {"text_mode": "frozen", "image_mode": "cached"},
            {"layer_decay": {"low": 0.5, "high": 1.0}},
            "layer_decay 0.5: .* both are frozen",
        ),
        (
            {"epochs": 3},
            {"projection_epochs": {"low": 0, "high": 3}},
            "projection_epochs 3: .* fewer than the 3 epochs",
        ),
        (
            {"epochs": 5},
            {
                "epochs": {"low": 2, "high": 9},
                "crop": {"low": 0.5, "high": 1.0},
                "projection_epochs": {"low": 0, "high": 2},
            },
            "epochs 2, projection_epochs 2: ",
        ),
        (  # three words, each of which is harmless without the others
            {},
            {
                "text_mode": {"choices": ["train", "frozen"]},
                "image_mode": {"choices": ["train", "frozen"]},
                "layer_decay": {"low": 0.5, "high": 1.0},
            },
            "text_mode frozen, image_mode frozen, layer_decay 0.5: ",
        ),
    ],
)
def test_a_space_with_a_draw_that_is_no_recipe_is_refused(recipe, domains, expected):
    with pytest.raises(TuningError, match=expected):
        space_of(recipe, domains)
