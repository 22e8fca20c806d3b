"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

import shopclip
from shopclip.dualencoder import fingerprint, model_files
from shopclip.dualencoder.checkpoints import Checkpoint, CheckpointManager
from shopclip.dualencoder.epoch_evaluator import EpochEvaluator
from shopclip.dualencoder.examples import Examples
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.model import DualEncoder
from shopclip.dualencoder.parallel.workers import Workers
from shopclip.dualencoder.recipe import Recipe
from shopclip.dualencoder.training_errors import TrainingError, explained
from shopclip.dualencoder.training_log import Epoch, TrainingLog
from shopclip.dualencoder.wise_ft import choose, copied


def _unheard(_: Epoch) -> None:
    """What is done after an epoch that nobody asked about."""


def fit(
    model: DualEncoder,
    examples: Examples,
    recipe: Recipe,
    *,
    validation: Examples | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    checkpoint_manager: CheckpointManager | None = None,
    cache: Path | None = None,
    title: str = "training",
    after_epoch: Callable[[Epoch], None] = _unheard,
    workers: Workers | None = None,
) -> TrainingLog:
    """Train the model in place.

    On a CPU the same seed gives the same weights to the last bit, resumed or not; several workers
    give those of one to numerical tolerance, but for dropout, which each draws for itself.

    Args:
        examples: the training examples, at least two.
        validation: examples that are not trained on, at least two; the model ends with the weights
            of the epoch that retrieves them best. Without them it ends with those of the last.
        seed: of dropout, augmentation and the order of examples.
        checkpoint_manager: where states are written, and from which a killed training goes on.
        cache: folder for the features of frozen encoders; without one they stay in memory.
        title: what the progress bar is called.
        after_epoch: told of every epoch, those before a resumption included; what it raises ends
            the training.
        workers: this process among those that train together, all of which call this with the same
            arguments, and with a folder of checkpoints that all can read; one alone by default.

    Raises:
        TrainingError: there is nothing to contrast, memory ran out, or a loss is not finite.
        BusyError: another process trains in the folder of `checkpoint_manager`.
    """
    if not recipe.epochs:
        return TrainingLog()
    if len(examples) < 2:
        raise TrainingError(f"contrastive training takes at least 2 examples, got {len(examples)}")
    if recipe.wise_ft and not validation:
        raise TrainingError(
            "recipe.wise_ft chooses between the weights before and after by validation MRR, but "
            "there are no validation examples; set splits.validation, or wise_ft to false"
        )
    for word in ("projection_epochs", "latent_mixup"):
        if getattr(recipe, word) and not _has_projections(model):
            raise TrainingError(
                f"recipe.{word} lets projections learn, and this model has none outside its "
                f"encoders; set {word} to 0"
            )
    if recipe.patience and not validation:
        raise TrainingError(
            "recipe.patience waits for a better validation MRR, but there are no validation "
            "examples; set splits.validation, or patience to null"
        )
    if recipe.teacher and recipe.teacher_weight and examples.teacher_images is None:
        raise TrainingError(
            f"recipe.teacher is {recipe.teacher}, whose embeddings of the examples are not there; "
            "add them by `with_teacher`, or set teacher to null"
        )
    if not recipe.attribute_weight:
        examples = replace(examples, labels=None)  # which then decide nothing
    workers = workers or Workers()
    batch_size = min(recipe.batch_size, len(examples))
    if batch_size % workers.world_size:
        raise TrainingError(
            f"{workers.world_size} workers cannot share a batch of {batch_size} examples equally; "
            f"set training.recipe.batch_size to {batch_size - batch_size % workers.world_size}"
        )
    model.to(device)
    before = copied(model.state_dict()) if recipe.wise_ft else {}
    untrained = fingerprint.of_weights(model) if checkpoint_manager else ""
    judged, validated = (validation, True) if validation else (examples, False)
    with explained(recipe, batch_size, checkpoint_manager):
        learner = Learner(model, examples, recipe, seed=seed, cache=cache, workers=workers)
        if checkpoint_manager is None:
            log = _train(learner, judged, validated, None, title, after_epoch)
            return _finish(learner, log, validation, before)
        data = [fingerprint.of_examples(one) for one in (examples, validation) if one]
        version = shopclip.__version__, torch.__version__
        tokenizer = sorted(model.text.tokenizer.get_vocab().items())
        towers = untrained, model_files.describe(model), tokenizer
        # The whole recipe: even micro_batch decides what dropout drops and what a batch norm sees.
        checkpoint_manager.identity = fingerprint.of(asdict(recipe), seed, towers, data, version)
        with checkpoint_manager.locked() if workers.is_main else nullcontext():
            log = _train(learner, judged, validated, checkpoint_manager, title, after_epoch)
        return _finish(learner, log, validation, before)


def _has_projections(model: DualEncoder) -> bool:
    """Whether a projection has weights; of open_clip's and SigLIP's models encoders end in it."""
    return any(
        next(tower.projection.parameters(), None) is not None for tower in (model.text, model.image)
    )


def _finish(
    learner: Learner,
    log: TrainingLog,
    validation: Examples | None,
    before: Mapping[str, torch.Tensor],
) -> TrainingLog:
    """Leave the model as it is saved; with WiSE-FT between its weights before and after."""
    learner.finish()
    if learner.recipe.wise_ft and validation:
        log.interpolations = choose(learner, EpochEvaluator.of(validation), before)
        learner.model.interpolations = log.interpolations
    return log


def _train(
    learner: Learner,
    examples: Examples,
    validated: bool,
    checkpoint_manager: CheckpointManager | None,
    title: str,
    after_epoch: Callable[[Epoch], None],
) -> TrainingLog:
    """Train to the end; `examples` are those that the towers are judged by after every epoch."""
    workers = learner.workers
    state = checkpoint_manager.restore(learner) if checkpoint_manager else Checkpoint()
    if workers.all_reduce_number(len(state.log.steps)) != workers.world_size * len(state.log.steps):
        raise TrainingError("the workers do not see the same training states; share their folder")
    if not workers.is_main:
        checkpoint_manager = None  # one writes for all
    for epoch in state.log.epochs:
        after_epoch(epoch)
    if state.done:
        return state.log
    evaluator, steps = EpochEvaluator.of(examples), state.log.steps
    with (
        learner.fork_rng(),
        tqdm(
            total=learner.steps,
            initial=len(steps),
            desc=title,
            unit="step",
            mininterval=1,
            disable=not workers.is_main,
        ) as bar,
    ):
        while not _over(learner, state):
            started = time.perf_counter()
            _train_epoch(learner, state, checkpoint_manager, bar)
            done = steps[len(state.log.epochs) * learner.per_epoch :]
            seconds = time.perf_counter() - started
            evaluate = partial(evaluator.evaluate, learner.model, done, learner.precision, seconds)
            state.log.epochs.append(workers.broadcast(evaluate))
            if validated:
                _keep_best(learner, state)
            after_epoch(state.log.epochs[-1])
    if state.best:
        learner.model.load_state_dict(state.best)
    learner.model.image.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    state.done = True
    if checkpoint_manager:
        checkpoint_manager.finish(state, learner)
    return state.log


def _train_epoch(
    learner: Learner,
    state: Checkpoint,
    checkpoint_manager: CheckpointManager | None,
    bar: tqdm[None],
) -> None:
    """The steps that are left of the epoch."""
    steps, epoch = state.log.steps, len(state.log.epochs)
    for number, batch in learner.batches(len(steps), (epoch + 1) * learner.per_epoch):
        steps.append(learner.step(batch, number))
        bar.set_postfix(epoch=epoch + 1, loss=f"{steps[-1].loss:.3f}", refresh=False)
        bar.update()
        if checkpoint_manager:
            checkpoint_manager.save_if_due(state, learner)


def _keep_best(learner: Learner, state: Checkpoint) -> None:
    """Copy the weights if no epoch before did as well on validation examples."""
    epochs = state.log.epochs
    if state.log.best_epoch is None or epochs[-1].mrr > epochs[state.log.best_epoch].mrr:
        state.log.best_epoch = epochs[-1].epoch
        weights = learner.model.state_dict()
        state.best = {name: value.detach().cpu().clone() for name, value in weights.items()}


def _over(learner: Learner, state: Checkpoint) -> bool:
    """Whether all epochs are done, or too many since the best one."""
    done, best, patience = len(state.log.epochs), state.log.best_epoch, learner.recipe.patience
    waited = done - 1 - best if best is not None else 0
    return done == learner.recipe.epochs or (patience is not None and waited >= patience)
