"""Project settings, read by Kedro at start-up."""

import os
from pathlib import Path

# Nothing of a run leaves the machine; each library has to be told so before it is imported.
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from kedro.utils import find_kedro_project

from shopclip.hooks import LeaderboardHook, PairsHook, TrackingHook


def project_root() -> str:
    """The folder with pyproject.toml, from wherever inside it the command was given."""
    return str(find_kedro_project(Path.cwd()) or Path.cwd())


# Hooks run last in, first out: pairs are known before anything else asks for the pipelines.
HOOKS = (LeaderboardHook(), TrackingHook(), PairsHook())
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-mlflow",)  # TrackingHook is kedro-mlflow's hook, extended

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "custom_resolvers": {"project_root": project_root},
}
