"""Data of an earlier version is put where this one looks for it, before anything is written."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from shopclip.errors import ShopclipError
from shopclip.files.storage import writing
from shopclip.parameters.caches import caches

logger = logging.getLogger(__name__)

MODELS = Path("data") / "06_models"
# What lay beside the pairs' models as a pair of this name would; now with a hyphen.
RENAMED = {"training_states": "training-states", "tuning": "tuning-studies"}
_MODEL = "dual_encoder.json"  # in the folder of a pair's model, whatever its name


class LayoutError(ShopclipError):
    """A folder of an earlier version is there, and the one that took its place as well."""


def move(project: Path, used: Iterable[str]) -> None:
    """Rename what an earlier version left, so that nothing of it is lost or replaced.

    Args:
        used: folders that may have been kept where they were.

    Raises:
        LayoutError: old and new are both there.
        StorageError: the folder cannot be written.
    """
    kept = [project / folder for folder in used]
    for name, new in RENAMED.items():
        before, now = project / MODELS / name, project / MODELS / new
        if not before.is_dir() or (before / _MODEL).exists():
            continue
        if any(path.is_relative_to(before) for path in kept):
            continue
        with writing(before):
            _rename(before, now)


def _rename(before: Path, now: Path) -> None:
    try:
        before.rename(now)
    except FileNotFoundError:  # another run has just done so
        return
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        raise LayoutError(
            f"{before}: of an earlier version, which lies in {now} now, and both are there; "
            "move what you need of the old one into the new one, and the rest away"
        ) from error
    logger.info("%s lies in %s now", before, now.name)


class EarlierLayoutHook:
    """Moves what lies elsewhere now, once the run has its lock."""

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._project_path = Path(context.project_path)
        self._loader = context.config_loader

    @hook_impl
    def before_pipeline_run(self) -> None:
        move(self._project_path, caches(self._loader["parameters"]).values())
