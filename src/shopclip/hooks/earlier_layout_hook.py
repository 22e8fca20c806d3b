"""Data of an earlier version is put where this one looks for it, before anything is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from shopclip.hooks import earlier_layout


class EarlierLayoutHook:
    """Moves what lies elsewhere now, once the run has its lock."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._project_path = Path(context.project_path)

    @hook_impl
    def after_catalog_created(self, conf_catalog: dict[str, Any]) -> None:
        self._entries = conf_catalog

    @hook_impl
    def before_pipeline_run(self) -> None:
        earlier_layout.move(self._project_path, self._entries)
