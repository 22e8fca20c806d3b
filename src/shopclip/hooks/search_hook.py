"""Where a search finds what a run has made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from shopclip.hooks.made_by import path_of
from shopclip.search.manifest import write_leaderboard, write_pair


class SearchManifestHook:
    """Writes down where an index, and what belongs to it, lie: the catalog decides that."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._data = Path(context.project_path) / "data"

    @hook_impl
    def before_pipeline_run(self, catalog: Any) -> None:
        self._catalog = catalog

    @hook_impl(tryfirst=True)
    def after_dataset_saved(self, dataset_name: str) -> None:
        pair, _, kind = dataset_name.rpartition(".")
        if kind == "index" and pair:
            self._write_pair(pair)
        if dataset_name == "leaderboard" and (file := path_of(self._catalog, dataset_name)):
            write_leaderboard(self._data, file)

    def _write_pair(self, pair: str) -> None:
        """Nothing where a part of it lies on another machine."""
        datasets = {
            "dual_encoder": f"{pair}.dual_encoder",
            "index": f"{pair}.index",
            "image_store": "image_store",
        }
        paths = {what: path_of(self._catalog, name) for what, name in datasets.items()}
        local = {what: path for what, path in paths.items() if path}
        if len(local) == len(datasets):
            write_pair(self._data, pair, **local)
