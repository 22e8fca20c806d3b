"""The parameters of a run, as the report reads and prints them."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from pydantic import BaseModel, ConfigDict

from shopclip.dualencoder.encoder_config import Encoder
from shopclip.dualencoder.recipe import Recipe
from shopclip.parameters import (
    CatalogueParameters,
    EvaluationParameters,
    ImageParameters,
    Pair,
    SplitParameters,
    TrainingParameters,
    plain,
)
from shopclip.printing import mask_credentials

MODULES = ("kedro", "shopclip")  # those that `python -m` runs as `kedro` does
NEXT = re.compile(r",(?=[\w.]+[=:])")  # between two parameters; a value may hold commas of its own


def kedro_command(arguments: Sequence[str] | None = None) -> str | None:
    """The `kedro` command of this process, without the folders of the machine.

    None where something else began the run, such as a notebook or a test.

    Args:
        arguments: of the process, its program first; those of `sys.argv` by default.
    """
    program, *rest = sys.argv if arguments is None else arguments
    path = Path(program)
    if path.stem == "kedro":
        words = ["kedro"]
    elif path.name == "__main__.py" and path.parent.name in MODULES:
        words = ["python", "-m", path.parent.name]
    else:
        return None
    return " ".join([*words, *(_quoted(_shortened(mask_credentials(one))) for one in rest)])


def _shortened(argument: str) -> str:
    """A path, or the value of an option or a parameter, each without its folders."""
    return ",".join(_value(one) for one in NEXT.split(argument))


def _value(parameter: str) -> str:
    name, sign, value = parameter.partition("=")
    if sign and re.fullmatch(r"[\w.-]+", name):
        return f"{name}={_shortened(value)}"
    return without_folders(parameter)


def _quoted(argument: str) -> str:
    """As a shell reads it; the ellipsis of a shortened path needs no quotes."""
    plain = argument.replace("…", "")
    return argument if plain and shlex.quote(plain) == plain else shlex.quote(argument)


PACKAGES = ("shopclip", "torch", "transformers", "kedro")
FOLDERS = re.compile(r"(?<![\w./\\])(?:~|[A-Za-z]:)?(?:[\\/][^\\/\s'\"]+)+[\\/](?=[^\\/\s])")


class Experiment(BaseModel):
    """What the report has to know of the parameters; it leaves the others alone."""

    model_config = ConfigDict(extra="allow", frozen=True)

    catalogue: CatalogueParameters
    images: ImageParameters
    splits: SplitParameters
    training: TrainingParameters
    evaluation: EvaluationParameters
    pairs: dict[str, Pair]

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> Experiment:
        """From the parameters of Kedro, which has turned some of them into models.

        Names with a leading underscore are the anchors that pairs are put together from.
        """
        named = {name: value for name, value in parameters.items() if not name.startswith("_")}
        return cls.model_validate(plain(named))

    def recipe(self, pair: str) -> Recipe:
        return self.training.recipe_for(self.pairs[pair])

    def lines(self) -> list[str]:
        """Every parameter with its dotted name, defaults included."""
        return [f"{name}: {value}" for name, value in _flatten("", self.model_dump())]


def encoder_name(encoder: Encoder) -> str:
    """Its name on the hub or the name of its folder, or what it is from scratch."""
    if encoder.config is not None:
        return f"{encoder.config['model_type']}, from scratch"
    return without_folders(str(encoder.name))


def tower_names(pair: Pair) -> tuple[str, str]:
    """What the text and the image tower of a pair are."""
    if pair.ensemble is not None:
        members = " and ".join(pair.ensemble)
        return members, members
    if pair.name is not None:
        name = without_folders(pair.name)
        return f"{name}, whole", f"{name}, whole"
    text, image = pair.towers
    return encoder_name(text), encoder_name(image)


def without_folders(text: str) -> str:
    """Text in which absolute paths have lost their folders, which tell of a machine and its user.

    A text that is a path altogether may hold blanks; one inside a sentence ends at the first.
    """
    for kind in (PurePosixPath, PureWindowsPath):
        if (path := kind(text)).is_absolute() or text.startswith("~"):
            return f"…/{path.name}"
    return FOLDERS.sub("…/", text)


def versions() -> dict[str, str]:
    """Of Python and of the packages that decide what a run computes."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def _flatten(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, member in value.items():
            yield from _flatten(f"{prefix}.{key}" if prefix else str(key), member)
    elif isinstance(value, str):
        yield prefix, without_folders(mask_credentials(value))
    else:
        yield prefix, without_folders(json.dumps(value, ensure_ascii=False, default=str))
