"""The loader of the configuration: Kedro's, with one line for what cannot be read."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from shopclip.errors import ShopclipError, first_line, suggest
from shopclip.parameters.renamed import rename

SUFFIXES = (".yml", ".yaml", ".json")
# What the libraries raise for a file that is no YAML, or not of keys and values.
WRONG = (OmegaConfBaseException, yaml.YAMLError, OSError, ValueError, TypeError, AttributeError)


# What an environment says of these replaces what the base says: a list under names, so to speak.
WHOLE = ("pairs", "tuning.space", "evaluation.zero_shot")


class ConfigurationError(ShopclipError):
    """A file of the configuration cannot be read, or an environment is not there."""


class ConfigLoader(OmegaConfigLoader):
    """Kedro's loader, whose errors are for whoever wrote the file or the command.

    Parameters have their present names, whatever they are called in a file or on the command line.

    Raises:
        ConfigurationError: there is no such environment or configuration, a file is no YAML, is not
            UTF-8 or may not be read, or something in it does not resolve.
        ParameterError: a parameter is given by its present name and by a former one.
    """

    def __getitem__(self, key: str) -> dict[str, Any]:
        content = self._read(key)
        return rename(content, self.runtime_params) if key == "parameters" else content

    def _read(self, key: str) -> dict[str, Any]:
        try:
            return super().__getitem__(key)
        except MissingConfigException as error:
            self._check_environments()
            if key in ("parameters", "catalog"):
                raise ConfigurationError(
                    f"{self.conf_source}: holds no file {key}*.yml, neither in {self.base_env} nor "
                    f"in {self._environment}"
                ) from error
            raise  # Kedro does without
        except WRONG as error:
            message = next(self._unreadable(key), None) or _with_key(error)
            raise ConfigurationError(message) from error

    def _soft_merge(  # type: ignore[override]
        self, config: dict[str, Any], env_config: dict[str, Any], env_path: str | None = None
    ) -> Any:
        """A file of an environment that sets one key of a block leaves the others as they are.

        By the names of now: an environment may have a former one, and the base the present one.
        """
        config = rename(config, self.runtime_params)
        env_config = rename(env_config, self.runtime_params)
        merged = super()._soft_merge(config, env_config, env_path)
        for name in WHOLE:
            *above, key = name.split(".")
            own, inner = env_config, merged
            for part in above:
                own, inner = own.get(part) or {}, inner.get(part) or {}
            if isinstance(own, Mapping) and key in own:
                inner[key] = own[key]
        return merged

    @property
    def _environment(self) -> str:
        return str(self.env or self.default_run_env)

    def _check_environments(self) -> None:
        for name in (self.base_env, self._environment):
            folder = self._get_conf_env_path(name)
            if self._fs.isdir(Path(folder).as_posix()):
                continue
            parent = Path(self._get_conf_env_path(self.base_env)).parent.as_posix()
            if not self._fs.isdir(parent):
                raise ConfigurationError(
                    f"{parent}: there is no configuration; go to the folder of a shopclip project, "
                    "or say with --conf-source where its conf is"
                )
            environments = [
                Path(one).name
                for one in self._fs.ls(parent, detail=False)
                if self._fs.isdir(one) and not Path(one).name.startswith(".")
            ]
            raise ConfigurationError(
                f"{folder}: there is no environment {name!r}; {suggest(name, environments)}"
            )

    def _unreadable(self, key: str) -> Iterator[str]:
        """What is wrong with files that are none of keys and values."""
        for name in dict.fromkeys((self.base_env, self._environment)):
            folder = self._get_conf_env_path(name)
            for pattern in self.config_patterns[key]:
                for file in sorted(self._fs.glob(Path(folder, pattern).as_posix())):
                    if Path(file).suffix in SUFFIXES and (message := self._wrong_with(file)):
                        yield f"{file}: {message}"

    def _wrong_with(self, file: str) -> str | None:
        try:
            with self._fs.open(file) as stream:
                text = stream.read().decode("utf-8")
            content = OmegaConf.load(io.StringIO(text))
        except OSError as error:
            if error.strerror is None:
                return f"expected keys and values ({first_line(error)})"
            return f"it cannot be read: {error.strerror}"
        except UnicodeDecodeError as error:
            return f"it is not UTF-8 (byte {error.start}); save it as UTF-8"
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            return f"it is no YAML: {error.problem or first_line(error)}{where}"
        except (yaml.YAMLError, OmegaConfBaseException, ValueError, TypeError) as error:
            return f"it cannot be used: {_with_key(error)}"
        return None if isinstance(content, DictConfig) else "holds a list, expected keys and values"


def _with_key(error: Exception) -> str:
    """The first line of an error, with the key where OmegaConf knows it."""
    key = getattr(error, "full_key", None)
    return f"{key}: {first_line(error)}" if key else first_line(error)
