"""Blocks of shell as single commands."""

import re
import shlex
from dataclasses import dataclass, replace

from tests.docs.pages import fences, inline_code

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
SHELLS = {"bash", "console"}
ENDS = {"&&", ";", "||", "|"}
PROGRAMS = ("kedro ", "mkdocs ", "mlflow ", "nox ", "pre-commit ", "python -m ")


@dataclass(frozen=True)
class Command:
    """A program with its arguments, as the shell would start it.

    Attributes:
        where: page and line, for people.
        page: the path of the page alone.
        environment: assignments before the program.
    """

    where: str
    page: str
    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    def __str__(self):
        return shlex.join(self.argv)


def commands():
    """Every command of every block of shell, in their order."""
    shells = [_without_prompts(fence) for fence in fences() if fence.language in SHELLS]
    return [one for fence in shells for one in split(fence)]


def told_in_passing():
    """Commands that stand in sentences and tables alone; what they leave open is filled in."""
    found = []
    typed = {one.argv for one in commands()}
    for page, code in inline_code():
        if code.startswith(PROGRAMS):
            argv = shlex.split(re.sub(r"…|\.\.\.", "any", code))
            found.append(Command(f"{page.name}: `{code}`", str(page), tuple(argv)))
    return list({one.argv: one for one in found if one.argv not in typed}.values())


def split(fence):
    """The commands of a block; variables that it sets are put in where it uses them."""
    variables = {}
    for line in fence.text.replace("\\\n", " ").splitlines():
        for words in _between_ends(_words(line)):
            command = _command(fence, [_expanded(word, variables) for word in words])
            if command.argv:
                yield command
            else:
                variables.update(command.environment)


def _without_prompts(fence):
    """Of a console, what was typed after the prompt; of a script, all of it."""
    if fence.language == "bash":
        return fence
    typed = re.findall(r"^\$ (.*)$", fence.text, re.MULTILINE)
    return replace(fence, text="\n".join(typed))


def _words(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;")
    lexer.whitespace_split = True
    return list(lexer)


def _between_ends(words):
    part = []
    for word in words:
        if word in ENDS:
            yield part
            part = []
        else:
            part.append(word)
    if part:
        yield part


def _expanded(word, variables):
    return re.sub(r"\$(\w+)", lambda found: variables.get(found[1], found[0]), word)


def _command(fence, words):
    count = 0
    while count < len(words) and ASSIGNMENT.match(words[count]):
        count += 1
    environment = tuple(_assignment(word) for word in words[:count])
    page = fence.name.rpartition(":")[0]
    command = Command(fence.name, page, tuple(words[count:]), environment)
    if command.argv and command.argv[0].startswith(".venv/bin/"):
        program = command.argv[0].removeprefix(".venv/bin/")
        return replace(command, argv=(program, *command.argv[1:]))
    return command


def _assignment(word):
    name, _, value = word.partition("=")
    return name, value
