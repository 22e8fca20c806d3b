"""What comes before a run: pairs become pipelines, and what it will need is looked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.hooks import hook_impl

from shopclip.hooks.collisions import refuse_collisions
from shopclip.parameters.caches import anchored, caches
from shopclip.parameters.check import check
from shopclip.parameters.pairs import ensembles_of, runs_of, teachers_of, with_repeats
from shopclip.session.needs import check_needs


class PairsHook:
    """Reads `pairs` of the environment and the command line before any pipeline is built.

    With `training.seeds` it puts the repeats of every pair beside it, so that all that follows
    takes them for pairs. A pair that would write into something else does not begin.
    """

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        from shopclip.pipeline_registry import declare_pairs

        configured = context.config_loader["parameters"]
        parameters = with_repeats(anchored(configured, Path(context.project_path)))
        context.config_loader["parameters"] = parameters
        pairs = parameters["pairs"]
        entries = {name: {"filepath": folder} for name, folder in caches(configured).items()}
        refuse_collisions(pairs, {**_catalog(context.config_loader), **entries})
        declare_pairs(runs_of(pairs), teachers_of(pairs), ensembles_of(pairs))


def _catalog(loader: Any) -> Any:
    try:
        return loader["catalog"]
    except MissingConfigException:  # Kedro warns of it
        return {}


class ChecksHook:
    """Checks all parameters when they are read, and what a run needs before its first node."""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: Any) -> None:
        loader = context.config_loader
        parameters = loader["parameters"]
        check(parameters, loader.runtime_params)
        loader["parameters"] = parameters  # as read, for whoever asks next
        self._loader = loader

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Any) -> None:
        check_needs(pipeline.all_outputs(), self._loader["parameters"])
