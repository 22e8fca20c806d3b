"""The reference of parameters says all, and says it right."""

import html
from typing import Annotated, Any, Literal

import pydantic
import pytest
import yaml
from pydantic import BaseModel, Field
from pydantic.dataclasses import dataclass
from setting_page import render
from setting_reader import (
    Section,
    UndescribedSettingError,
    check_descriptions,
    models_of_nodes,
    read_sections,
    settings_of,
)
from setting_words import type_in_words, value_in_words

from shopclip.catalogue.columns import ATTRIBUTES
from shopclip.parameters import Column
from tests.project import ROOT

PAIRS = "pairs."
COLUMNS = ("id", "caption", "image", *ATTRIBUTES)


@dataclass(frozen=True, kw_only=True)
class Inner:
    speed: float = Field(default=0.5, ge=0, le=2, description="metres a second")
    names: tuple[int, int] | None = Field(default=None, description="two numbers")


class Outer(BaseModel):
    """A model.

    With more to say.
    """

    inner: Inner = Field(Inner(), description="what is inside")
    share: float = Field(gt=0, lt=1, description="of all")
    kind: Literal["a", "b"] = Field("a", description="one of two")
    words: dict[str, Annotated[list[str], Field(min_length=1)]] = Field({}, description="by name")
    mute: int = 3


@pytest.fixture(scope="module")
def sections():
    return read_sections(ROOT / "conf")


@pytest.fixture(scope="module")
def settings(sections):
    return {one.key: one for section in sections for one in section.settings}


@pytest.fixture
def outer():
    return {
        one.key: one for one in settings_of(Outer, "o", {"o": {"kind": "b", "words": {"x": 1}}})
    }


def leaves(tree, above=""):
    """The dotted keys of a tree of mappings at which something else stands, or nothing."""
    for key, value in tree.items():
        path = f"{above}{key}"
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path


def base_leaves():
    for file in sorted((ROOT / "conf/base").glob("parameters_*.yml")):
        content = yaml.safe_load(file.read_text("utf-8"))
        yield from leaves({k: v for k, v in content.items() if not k.startswith("_")})


def shown(path):
    """The key with which the page names it: any pair stands for all."""
    if path.startswith(PAIRS):
        return ".".join(("pairs", "⟨pair⟩", *path.split(".")[2:]))
    return path


def is_told(path, settings):
    """Whether it is a setting, or a key that a mapping leaves to the user."""
    parts = path.split(".")
    above = [".".join(parts[:count]) for count in range(1, len(parts))]
    return path in settings or any(key in settings and settings[key].mapping for key in above)


def test_every_leaf_of_the_base_configuration_is_on_the_page(settings):
    paths = [shown(path) for path in base_leaves()]
    assert len(paths) > 60
    assert [path for path in paths if not is_told(path, settings)] == []


def test_a_key_that_is_no_knob_would_be_missed(settings):
    assert not is_told("training.recipe.epocs", settings)
    assert not is_told("training", settings)
    assert is_told("evaluation.zero_shot.gender", settings)


def test_every_model_that_a_node_asks_for_is_a_section(sections):
    told = {one.key.replace("⟨pair⟩", "pair") for one in sections}
    assert told == set(models_of_nodes())
    assert {"catalogue", "training", "pairs.pair", "index"} <= told


def test_the_default_is_that_of_the_base_configuration_then_that_of_the_model(settings):
    epochs = settings["training.recipe.epochs"]
    assert (epochs.default, epochs.fallback, epochs.bounds) == ("12", "", "≥ 0")
    uri = settings["index.uri"]  # of a file in the project, wherever that lies
    assert uri.default == f"${{project_root:}}/{uri.fallback}"
    assert [key for key, one in settings.items() if one.fallback] == ["index.uri"]


def test_no_path_of_this_machine_is_on_the_page(sections):
    assert str(ROOT) not in render(sections)


def test_every_knob_has_a_row_with_its_default_and_its_description(sections, settings):
    page = html.unescape(render(sections).replace("<wbr>", ""))
    for one in settings.values():
        row = next(line for line in page.splitlines() if line.startswith(f"| <code>{one.key}<"))
        assert one.description.replace("`", "") in row.replace("<code>", "").replace("</code>", "")
        assert f"<code>{one.default}</code>" in row or one.default == "required"
        assert one.bounds in row


def test_what_markdown_would_take_for_its_own_is_escaped():
    model = pydantic.create_model(
        "Odd", odd=(str, Field("a|b", description="a | b, {caption}, `e_f` and *c_d*"))
    )
    page = render([Section("o", "", "", settings_of(model, "o", {}))])
    row = next(line for line in page.splitlines() if "o.<wbr>odd" in line)
    assert row.count("|") == 4
    assert "*" not in row
    assert "a | b, {caption}, <code>e_f</code> and *c_d*" in html.unescape(row)


def test_a_knob_without_a_description_is_an_error_that_names_it(outer):
    with pytest.raises(UndescribedSettingError, match=r"without a description: o\.mute;"):
        check_descriptions([Section("o", "", "", tuple(outer.values()))])


def test_bounds_are_told_as_they_hold(outer):
    assert outer["o.share"].bounds == "> 0, < 1"
    assert outer["o.inner.speed"].bounds == "≥ 0, ≤ 2"
    assert outer["o.kind"].bounds == ""


def test_a_model_inside_of_another_is_told_by_both_descriptions(outer):
    assert outer["o.inner.speed"].description == "what is inside. metres a second"


def test_defaults(outer):
    assert (outer["o.kind"].default, outer["o.kind"].fallback) == ("b", "a")
    assert outer["o.share"].default == "required"
    assert outer["o.words"].default == '{"x": 1}'


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "int"),
        (str | None, "str or null"),
        (Literal["a", "b"], "`a` or `b`"),
        (
            dict[Column, list[str]],
            f"mapping: id/caption/image/{'/'.join(ATTRIBUTES)} → list of str",
        ),
        (dict[str, Any] | None, "mapping: str → anything or null"),
        (tuple[int, int], "[int, int]"),
        (Annotated[str, Field(min_length=1)], "str"),
    ],
)
def test_types_are_told_in_words(annotation, words):
    told, mapping = type_in_words(annotation)
    assert told == words
    assert mapping == words.startswith("mapping")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (1e-6, "1e-06"),
        ("sample", "sample"),
        ({}, "{}"),
        ({"one": ["x"] * 20, "two": []}, "{one: …, two: …}"),
    ],
)
def test_values_are_told_as_in_yaml(value, words):
    assert value_in_words(value) == words
    if "…" not in words:
        assert yaml.safe_load(words) == (str(value) if value == 1e-6 else value)
