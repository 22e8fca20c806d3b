"""Which `fit` a training takes: by one process, by several of this machine, or by a cluster's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from shopclip.parameters import EngineParameters

if TYPE_CHECKING:
    from shopclip.dualencoder import TrainingLog


def choose_fit(workers: int, engine: EngineParameters) -> Callable[..., TrainingLog]:
    """`fit` with everything decided that says where it runs.

    A process that a launcher has started already is one of its workers, and starts no others.
    """
    from shopclip.dualencoder.parallel.workers import Workers

    if engine.kind == "ray":
        from shopclip.dualencoder.parallel.ray_training import fit_on_ray

        return partial(fit_on_ray, count=workers, address=engine.address)
    launched = Workers.of_process_group()
    if workers > 1 and launched.count == 1:
        from shopclip.dualencoder.parallel.launch import fit_on_workers

        return partial(fit_on_workers, count=workers)
    from shopclip.dualencoder.training import fit

    return partial(fit, workers=launched)
