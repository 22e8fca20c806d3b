"""Tells the pipeline registry which pairs this run's configuration declares."""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl
from pydantic import TypeAdapter

from shopclip.parameters import PairName


class PairsHook:
    """Reads `pairs` of the environment and the command line before any pipeline is built."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        from shopclip.pipeline_registry import declare_pairs

        pairs = context.config_loader["parameters"].get("pairs") or {}
        declare_pairs(TypeAdapter(list[PairName]).validate_python(list(pairs)))
