"""What the documentation asks a reader to type, write or open: fences, inline code and links."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from tests.project import ROOT

PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Fence:
    """A fenced block, with the line of its first row, counted from 1."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def name(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Link:
    """What a page links to, pictures included."""

    page: Path
    target: str


def pages():
    """Every page of the site, and what a newcomer reads on the way to it."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [page for page in (*top, *sorted((ROOT / "docs").rglob("*.md"))) if page.exists()]


def fences():
    """All fenced blocks, in the order of the pages."""
    return [
        Fence(page, token.map[0] + 2, token.info.strip(), token.content)
        for page in pages()
        for token in parse(page)
        if token.type == "fence"
    ]


def inline_code():
    """All code within a line of text, white space as single blanks."""
    return [
        (page, " ".join(token.content.split()))
        for page in pages()
        for token in _inside(parse(page))
        if token.type == "code_inline"
    ]


def links():
    """All links and pictures."""
    found = []
    for page in pages():
        for token in _inside(parse(page)):
            target = token.attrGet("href") or token.attrGet("src")
            if target is not None:
                found.append(Link(page, str(target)))
    return found


def headings(page):
    """The text of all headings of a page."""
    tokens = parse(page)
    return [
        "".join(child.content for child in after.children or [])
        for token, after in pairwise(tokens)
        if token.type == "heading_open"
    ]


def parse(page):
    return PARSER.parse(page.read_text("utf-8"))


def _inside(tokens):
    for token in tokens:
        yield token
        yield from _inside(token.children or [])
