"""Nodes that train a pair. Torch is imported when one runs, not when Kedro starts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopclip.dualencoder.training_log import Epoch, Step
from shopclip.files.image_store import ImageStore
from shopclip.parameters import (
    CaptionParameters,
    EngineParameters,
    ImageParameters,
    Pair,
    TrainingParameters,
)
from shopclip.parameters.pairs import build_towers
from shopclip.tables.contamination import remember
from shopclip.tables.training_examples import training_examples, validation_examples

if TYPE_CHECKING:
    from shopclip.dualencoder import DualEncoder, Ensemble, TrainingLog
else:  # Kedro resolves annotations when it starts, which must not load torch
    DualEncoder = Ensemble = Any


def choose_fit(workers: int, engine: EngineParameters) -> Callable[..., TrainingLog]:
    """`fit` with everything decided that says where it runs.

    A process that a launcher has started already is one of its workers, and starts no others.
    """
    from shopclip.dualencoder.parallel.workers import Workers

    if engine.kind == "ray":
        from shopclip.dualencoder.parallel.ray_training import fit_on_ray

        return partial(fit_on_ray, count=workers, address=engine.address)
    launched = Workers.of_process_group()
    if workers > 1 and launched.world_size == 1:
        from shopclip.dualencoder.parallel.launch import fit_on_workers

        return partial(fit_on_workers, count=workers)
    from shopclip.dualencoder.training import fit

    return partial(fit, workers=launched)


logger = logging.getLogger(__name__)


def train(
    examples: pd.DataFrame,
    image_store: ImageStore,
    pair: Pair,
    parameters: TrainingParameters,
    images: ImageParameters,
    captions: CaptionParameters,
    engine: EngineParameters,
    teacher: DualEncoder | Ensemble | None = None,
) -> tuple[DualEncoder, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Build the towers of a pair and fit them to the training split.

    Args:
        teacher: the trained pair that `recipe.teacher` names.

    Returns:
        The dual encoder, its log, a row a step and a row an epoch, and hashes of the captions that
        it has seen.
    """
    from shopclip.dualencoder import CheckpointManager, choose_device

    recipe, seed = parameters.recipe_for(pair), parameters.seed + pair.seed
    training = training_examples(examples, image_store, captions, seed)
    device, cache = choose_device(parameters.device), Path(parameters.encoder_features)
    if teacher is not None:
        from shopclip.dualencoder.teacher import with_teacher

        training = with_teacher(training, teacher, cache, device)
        teacher.cpu()
    model = build_towers(pair, training, parameters, images)
    checkpoints = Path(parameters.checkpoints, pair.label)
    checkpoint_manager = CheckpointManager(checkpoints, seconds=parameters.state_seconds)
    if not parameters.resume:
        checkpoint_manager.forget()
    log = choose_fit(parameters.workers, engine)(
        model,
        training,
        recipe,
        seed=seed,
        device=device,
        validation=validation_examples(examples, image_store),
        checkpoint_manager=checkpoint_manager,
        cache=cache,
    )
    captions_seen = remember(examples, trained=bool(log.steps))
    return model, _table(Step, log.steps), _table(Epoch, log.epochs), captions_seen


def combine(
    pair: Pair, **of_members: Any
) -> tuple[Ensemble, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The ensemble of other pairs, an empty log, and hashes of the captions that any has seen.

    Args:
        of_members: `dual_encoder_0` and `trained_captions_0` of the first pair, and so on.
    """
    from shopclip.dualencoder import Ensemble

    assert pair.ensemble is not None
    models, captions = (
        [of_members[f"{kind}_{number}"] for number in range(len(pair.ensemble))]
        for kind in ("dual_encoder", "trained_captions")
    )
    ensemble = Ensemble(dict(zip(pair.ensemble, models, strict=True)), pair.ensemble)
    seen = np.unique(np.concatenate([one["caption_hash"].to_numpy() for one in captions]))
    remembered = pd.DataFrame({"caption_hash": seen.astype(np.uint64)})
    return ensemble, _table(Step, []), _table(Epoch, []), remembered


def check_learning(
    examples: pd.DataFrame,
    image_store: ImageStore,
    pair: Pair,
    parameters: TrainingParameters,
    images: ImageParameters,
    captions: CaptionParameters,
) -> dict[str, Any]:
    """Let the pair learn 128 examples by heart, for at most a minute.

    Raises:
        TrainingError: it could not.
    """
    from shopclip.dualencoder import TrainingError, choose_device
    from shopclip.dualencoder.preflight import overfit

    training = training_examples(examples, image_store, captions, parameters.seed)
    preflight = overfit(
        build_towers(pair, training, parameters, images),
        training,
        parameters.recipe_for(pair),
        seed=parameters.seed,
        device=choose_device(parameters.device),
    )
    message = (
        f"after {preflight.steps} steps in {preflight.seconds:.0f} s, {preflight.accuracy:.0%} of "
        f"{preflight.examples} examples find their caption (loss {preflight.loss:.2f}, that of "
        f"chance {preflight.chance_loss:.2f})"
    )
    if not preflight.passed:
        raise TrainingError(
            f"these towers do not learn a few examples by heart: {message}. With few steps, the "
            "device is too slow to tell; else lower image_learning_rate or text_learning_rate, or "
            "choose another pooling (mean for a ViT from scratch, last for a causal text encoder)"
        )
    logger.info("they can learn: %s", message)
    return asdict(preflight)


def _table(kind: type[Step | Epoch], rows: Sequence[Step | Epoch]) -> pd.DataFrame:
    columns = [field.name for field in fields(kind)]
    return pd.DataFrame([asdict(row) for row in rows], columns=columns)
