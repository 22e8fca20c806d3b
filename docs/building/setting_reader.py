"""Every setting of the configuration, read from the models that the pipelines' nodes ask for.

Kedro validates `params:` inputs by the annotations of the nodes, so those are what a key of the
configuration has to fit. What no node asks for is no setting, and a new stage brings its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kedro.validation.type_extractor import TypeExtractor
from pydantic_core import PydanticUndefined
from setting_fields import ModelField, fields_of, is_model, summary
from setting_words import bounds_in_words, type_in_words, value_in_words

PAIR = "pair"  # stands for the name of any pair
SHOWN = "⟨pair⟩"


class UndescribedSettingError(Exception):
    """A setting has no description, so nobody can tell what it is for."""


@dataclass(frozen=True)
class Setting:
    """A key of the configuration and what may be written there, in words.

    Attributes:
        key: dotted, from the top of the YAML file.
        default: that of `conf/base`, or else of the model.
        fallback: the model's own, where `conf/base` says otherwise; else empty.
        mapping: whether the user names keys below this one.
    """

    key: str
    type: str
    default: str
    fallback: str
    bounds: str
    description: str
    mapping: bool


@dataclass(frozen=True)
class Section:
    """The settings of one model, and the file of `conf/base` that sets them."""

    key: str
    about: str
    file: str
    settings: tuple[Setting, ...]


def read_sections(conf: Path) -> list[Section]:
    """A section for every model, in the order of the files of `conf/base`.

    Raises:
        UndescribedSettingError: names all settings without a description.
    """
    files = sorted((conf / "base").glob("parameters*.yml"))
    contents = {file.name: yaml.safe_load(file.read_text("utf-8")) or {} for file in files}
    homes = {key: name for name, content in contents.items() for key in content}
    base = {key: value for content in contents.values() for key, value in content.items()}
    models = models_of_nodes()
    sections = [
        Section(
            key=name.replace(f".{PAIR}", f".{SHOWN}"),
            about=summary(models[name]),
            file=homes[name.split(".")[0]],
            settings=settings_of(models[name], name.replace(f".{PAIR}", f".{SHOWN}"), base),
        )
        for name in sorted(models, key=lambda name: list(homes).index(name.split(".")[0]))
    ]
    check_descriptions(sections)
    return sections


def models_of_nodes() -> dict[str, type]:
    """What each `params:` input of any node is annotated with, by its key."""
    from shopclip import pipeline_registry

    before = pipeline_registry._runs
    pipeline_registry.declare_pairs({PAIR: (PAIR,)})
    try:
        pipelines = pipeline_registry.register_pipelines()
        return dict(TypeExtractor(pipelines).extract_types_from_pipelines())
    finally:
        pipeline_registry._runs = before


def settings_of(model: type, key: str, base: Mapping[str, Any]) -> tuple[Setting, ...]:
    """The settings of a model and of the models inside of it.

    Args:
        key: dotted, of the model itself.
        base: what `conf/base` sets.
    """
    return tuple(_settings(model, key, base, ""))


def check_descriptions(sections: Sequence[Section]) -> None:
    """Raises:
    UndescribedSettingError: names all settings without a description.
    """
    missing = [
        setting.key for one in sections for setting in one.settings if not setting.description
    ]
    if missing:
        raise UndescribedSettingError(
            f"without a description: {', '.join(missing)}; give its Field one that says the unit"
        )


def _settings(model: type, key: str, base: Mapping[str, Any], above: str) -> Iterator[Setting]:
    """Those of a model inside of another are told by the outer description too."""
    for field in fields_of(model):
        path = f"{key}.{field.name}"
        if is_model(field.annotation):
            yield from _settings(field.annotation, path, base, field.description)
            continue
        own = field.description or (summary(model) if above else "")
        yield _setting(path, field, base, ". ".join(part for part in (above, own) if part))


def _setting(path: str, field: ModelField, base: Mapping[str, Any], description: str) -> Setting:
    of_base, of_model = _at(base, path), value_in_words(field.default)
    default = of_model or "required"
    if of_base is not PydanticUndefined:
        default = value_in_words(of_base)
    fallback = of_model if of_model != default else ""
    kind, mapping = type_in_words(field.annotation)
    bounds = bounds_in_words(field.bounds)
    return Setting(path, kind, default, fallback, bounds, description, mapping)


def _at(tree: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            return PydanticUndefined
        tree = tree[part]
    return tree
