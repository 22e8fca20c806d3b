"""Trainings that are killed without a word, again and again, and end as if nothing had happened."""

import json
import multiprocessing
import random
import time
from dataclasses import asdict, replace

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from shopclip.dualencoder import CheckpointManager, Recipe, fit
from tests.dualencoder.conftest import BERT, GPT, RESNET, VIT, build, differing, subset, varied

pytestmark = pytest.mark.slow

KINDS = ("bert", "gpt2", "resnet", "vit")
RATES = {"text_learning_rate": 2e-3, "image_learning_rate": 2e-3, "projection_learning_rate": 2e-3}
TRAININGS = {
    # batch statistics, and the weights of the last epoch
    "bert_resnet": (BERT, RESNET, Recipe(epochs=4, batch_size=8, jitter=0.1, **RATES)),
    # dropout in both passes of gradient caching, caption variants, a scaler, the best epoch
    "gpt_vit": (
        replace(GPT, config={**GPT.config, "n_layer": 1}),
        replace(VIT, config={**VIT.config, "hidden_dropout_prob": 0.1}),
        Recipe(epochs=4, batch_size=8, micro_batch=3, precision="fp16", **RATES),
    ),
}


def train(name, examples, folder, out):
    """What one process does; it may die at any moment."""
    text, image, recipe = TRAININGS[name]
    validation = None
    if name == "gpt_vit":
        examples, validation = subset(examples, np.arange(48)), subset(examples, np.arange(48, 64))
        examples = varied(examples)
    model = build(text, image)
    log = fit(
        model,
        examples,
        recipe,
        validation=validation,
        seed=11,
        checkpoint_manager=CheckpointManager(folder, seconds=0),
    )
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, out)
    out.with_suffix(".json").write_text(json.dumps(asdict(log)))


def newest(folder):
    """The number of the newest state."""
    names = [file.stem.removeprefix("step_") for file in folder.glob("step_*.safetensors")]
    return max(map(int, names), default=0)


def killed(process, folder, step):
    """Whether the process was killed once its state of this step was there, before it ended."""
    while process.exitcode is None:
        if newest(folder) >= step:
            process.kill()
            process.join()
        time.sleep(0.001)
    return process.exitcode == -9


def outcome(file):
    """Weights, and the log without what a clock wrote into it."""
    log = json.loads(file.with_suffix(".json").read_text())
    for step in log["steps"]:
        del step["images_per_second"]
    for epoch in log["epochs"]:
        del epoch["seconds"]
    return load_file(file), json.dumps(log)


@pytest.fixture(scope="module")
def processes():
    """Starts processes that need not import torch again."""
    context = multiprocessing.get_context("forkserver")
    towers = [f"transformers.models.{name}.modeling_{name}" for name in KINDS]
    context.set_forkserver_preload(["tests.dualencoder.test_checkpoints_killed", *towers])
    return context


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_killed_at_random_steps_ends_as_an_undisturbed_one(
    name, examples, tmp_path, processes
):
    def start(folder):
        arguments = (name, examples, tmp_path / folder, tmp_path / f"{folder}.safetensors")
        process = processes.Process(target=train, args=arguments)
        process.start()
        return process

    undisturbed = start("undisturbed")
    recipe, kills = TRAININGS[name][2], 0
    steps = recipe.epochs * (6 if name == "gpt_vit" else 8)
    for step in sorted(random.Random(0).sample(range(1, steps - 4), 3)):
        kills += killed(start("disturbed"), tmp_path / "disturbed", step)
    assert kills == 3
    assert not (tmp_path / "disturbed.safetensors").exists()
    last = start("disturbed")
    for process in (undisturbed, last):
        process.join(60)
        assert process.exitcode == 0
    expected, log = outcome(tmp_path / "undisturbed.safetensors")
    found, continued = outcome(tmp_path / "disturbed.safetensors")
    assert differing(expected, found) == []
    assert continued == log
    left = {file.name for file in (tmp_path / "disturbed").iterdir()}
    assert left - {"lock"} == {"done.safetensors"}
