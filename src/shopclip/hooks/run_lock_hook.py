"""A run that would spoil another's does not begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from shopclip.hooks.run_lock import RunLock

TOGETHER = ("tuning",)  # stages whose runs share their tables, and see to it themselves


class RunLockHook:
    """Holds the run's lock from before its first node until after its last word."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._folder = Path(context.project_path) / "data" / ".runs"

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Any) -> None:
        self.release()
        self._lock = RunLock(self._folder)
        inputs = {
            name
            for name in pipeline.inputs()
            if name != "parameters" and not name.startswith("params:")
        }
        outputs = pipeline.all_outputs() - _shared()
        self._lock.take(reads=inputs, writes=outputs, about=_about(run_params))

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        self.release()

    @hook_impl(trylast=True)
    def on_pipeline_error(self) -> None:
        self.release()

    def release(self) -> None:
        """Leave; a run of this process that was interrupted may not have done so."""
        lock: RunLock | None = getattr(self, "_lock", None)
        if lock is not None:
            lock.release()


def _shared() -> set[str]:
    from kedro.framework.project import pipelines

    outputs = (pipelines[stage].all_outputs() for stage in TOGETHER if stage in pipelines)
    return set().union(*outputs)


def _about(run_params: dict[str, Any]) -> str:
    """Such as `training of bert_vit`."""
    stages = ", ".join(run_params.get("pipeline_names") or ["all stages"])
    pairs = ", ".join(run_params.get("namespaces") or [])
    return f"{stages} of {pairs}" if pairs else stages
