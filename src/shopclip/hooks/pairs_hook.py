"""Tells the pipeline registry which pairs this run's configuration declares."""

from __future__ import annotations

from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.hooks import hook_impl

from shopclip.hooks.collisions import refuse_collisions
from shopclip.seeds import runs_of, with_repeats


class PairsHook:
    """Reads `pairs` of the environment and the command line before any pipeline is built.

    With `training.seeds` it puts the repeats of every pair beside it, so that all that follows
    takes them for pairs. A pair that would write into something else does not begin.
    """

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        from shopclip.pipeline_registry import declare_pairs

        parameters = with_repeats(context.config_loader["parameters"])
        context.config_loader["parameters"] = parameters
        pairs = parameters["pairs"]
        refuse_collisions(pairs, _catalog(context.config_loader))
        declare_pairs(runs_of(pairs))


def _catalog(loader: Any) -> Any:
    try:
        return loader["catalog"]
    except MissingConfigException:  # Kedro warns of it
        return {}
