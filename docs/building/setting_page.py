"""The page of all parameters as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from setting_reader import Section, Setting

INTRODUCTION = """# Parameters

Every parameter of the configuration, written again from the code whenever this site is built. A key
that is not on this page is an error before anything runs, and so is a value out of its bounds.

A parameter is set in a YAML file of `conf/local`, which git ignores, or on the command line by its
dotted name:

```bash
kedro run --params training.recipe.epochs=20,catalogue.limit=1000
```

An environment (`--env NAME`) takes the place of `conf/local`, and both say what differs from
`conf/base`: a section such as `training` keeps the keys that they leave out. `pairs`,
`tuning.space` and `evaluation.zero_shot` are replaced whole.
"""
HEAD = "| key | default | what it is |\n|---|---|---|"


def render(sections: Sequence[Section]) -> str:
    """A heading and a table a section."""
    return "\n".join([INTRODUCTION, *(_section(one) for one in sections)])


def _section(section: Section) -> str:
    rows = "\n".join(_row(setting) for setting in section.settings)
    where = f"Set in `conf/base/{section.file}`."
    return f"## {section.key}\n\n{section.about} {where}\n\n{HEAD}\n{rows}\n"


def _row(setting: Setting) -> str:
    default = " / ".join(_code(one) for one in (setting.default, setting.fallback) if one)
    allowed = ", ".join(part for part in (setting.type, setting.bounds) if part).replace(
        "/", "/<wbr>"
    )
    told = f"{_prose(setting.description)}<br><small>{allowed}</small>"
    return f"| {_code(setting.key)} | {default} | {told} |"


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
