"""A run whose parameters are wrong, or which would end for want of something, does not begin."""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl

from shopclip.needs import check_needs
from shopclip.parameter_check import check


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
