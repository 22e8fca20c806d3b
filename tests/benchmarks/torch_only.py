"""Runs a script as a machine would that has neither Kedro nor MLflow or pandera.

python torch_only.py script.py arguments
"""

import runpy
import sys
from pathlib import Path

BLOCKED = {"kedro", "kedro_datasets", "kedro_mlflow", "mlflow", "pandera"}


class Without:
    """A finder of modules that does not find these."""

    def __init__(self, finder):
        self._finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            return None
        return self._finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self._finder, name)


sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
sys.argv = sys.argv[1:]
sys.path[0] = str(Path(sys.argv[0]).parent)
runpy.run_path(sys.argv[0], run_name="__main__")
