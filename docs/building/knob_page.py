"""The page of all parameters as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knob_reader import Knob, Section

INTRODUCTION = """# Parameters

Every knob of the configuration, written again from the code whenever this site is built. A key that
is not on this page is an error before anything runs, and so is a value out of its bounds.

A knob is set in a YAML file of `conf/local`, which git ignores, or on the command line by its
dotted name:

```bash
kedro run --params training.recipe.epochs=20,catalogue.limit=1000
```

An environment (`--env NAME`) takes the place of `conf/local`, and both replace whole sections of
`conf/base`, such as `training`. So some knobs have two defaults: the first is that of `conf/base`,
the second, after the slash, that of a section which an environment sets without this knob.
"""
HEAD = "| key | default | what it is |\n|---|---|---|"


def render(sections: Sequence[Section]) -> str:
    """A heading and a table a section."""
    return "\n".join([INTRODUCTION, *(_section(one) for one in sections)])


def _section(section: Section) -> str:
    rows = "\n".join(_row(knob) for knob in section.knobs)
    where = f"Set in `conf/base/{section.file}`."
    return f"## {section.key}\n\n{section.about} {where}\n\n{HEAD}\n{rows}\n"


def _row(knob: Knob) -> str:
    default = " / ".join(_code(one) for one in (knob.default, knob.fallback) if one)
    allowed = ", ".join(part for part in (knob.type, knob.bounds) if part).replace("/", "/<wbr>")
    told = f"{_prose(knob.description)}<br><small>{allowed}</small>"
    return f"| {_code(knob.key)} | {default} | {told} |"


def _prose(text: str) -> str:
    """Words, with what stands between backticks as code."""
    parts = [_escaped(part) for part in text.split("`")]
    parts[1::2] = [f"<code>{code}</code>" for code in parts[1::2]]
    return "".join(parts)


def _code(value: str) -> str:
    """As code that a narrow screen may break after a dot, an underscore or a slash."""
    if value == "required":
        return value
    return f"<code>{'<wbr>'.join(_escaped(part) for part in re.split(r'(?<=[._/])', value))}</code>"


def _escaped(text: str) -> str:
    """Without what Markdown, a table or HTML would take for its own."""
    return re.sub(r"[&<>{|*_`]", lambda found: f"&#{ord(found[0])};", text)
