"""A chart inside a page: SVG in the page's own colours and letters, for a desk and for a phone."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from shopclip.figures.chart import SPOKEN, WIDTHS, Chart
from shopclip.figures.style import LIGHT, styled

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from matplotlib.figure import Figure

VARIABLES = {color: f"var(--{name})" for name, color in LIGHT.items()}
OF_TEXT = ("font-weight", "font-size", "text-anchor", "fill")  # the family is the page's
# How matplotlib 3.9 says what later ones say in properties of their own.
FONT = re.compile(r"(?:(?P<weight>\d+) )?(?P<size>[\d.]+px)")
REFERRING = {"href", "style", "clip-path"}
REFERENCE = re.compile(r"(^#|url\(#)([\w.-]+)")
MAX_LOOSE_MARKS = 8  # marks; more of a kind become one path
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def themed_svg(chart: Chart) -> str:
    """An `svg` for each of `WIDTHS`, whose class it has: the page shows the one that fits.

    Colours are the page's variables (`--ink`, `--pair-0`, …), text is text, and ids begin with the
    chart's name. The same chart gives the same words.
    """
    return "\n".join(_svg(chart, kind, chart.body(width)) for kind, width in WIDTHS.items())


def _svg(chart: Chart, kind: str, figure: Figure) -> str:
    file = io.StringIO()
    with styled():
        figure.savefig(file, format="svg", facecolor="none", metadata={"Date": None})
    root = ET.fromstring(NO_XML.sub("\N{REPLACEMENT CHARACTER}", file.getvalue()))
    for parent in list(root.iter()):
        parent.tag = _bare(parent.tag)
        parent.attrib = {_bare(name): value for name, value in parent.attrib.items()}
        for child in list(parent):
            if _bare(child.tag) in ("metadata", "style"):
                parent.remove(child)
    for element in list(root.iter()):
        _restyle(element)
        _speak(element)
    for number, parent in enumerate(list(root.iter("g"))):
        _join_marks(parent, root, f"dots{number}")
    _keep_ids(root, f"{chart.name}-{kind}-")
    _drop_empty(root)
    view = root.attrib["viewBox"]
    root.attrib = {"class": kind, "viewBox": view, "role": "group", "aria-label": chart.words}
    return ET.tostring(root, encoding="unicode")


def _bare(name: str) -> str:
    """Without its namespace: a page has none."""
    return name.rpartition("}")[2]


def _restyle(element: Element) -> None:
    """The page's colours and letters, and no more digits than a screen can show."""
    style = dict(re.findall(r"([\w-]+): ([^;]+)", element.attrib.pop("style", "")))
    if font := FONT.search(style.get("font", "")):
        style |= {f"font-{name}": value for name, value in font.groupdict().items() if value}
    if element.tag == "text":
        style = {name: style[name] for name in OF_TEXT if name in style}
    if style:
        element.attrib["style"] = ";".join(
            f"{name}:{VARIABLES.get(value, value)}" for name, value in style.items()
        )
    for name in ("d", "x", "y", "transform"):
        if name in element.attrib:
            element.attrib[name] = " ".join(
                re.sub(r"-?\d+\.\d+", _short, element.attrib[name]).split()
            )
    if transform := element.attrib.pop("transform", ""):
        transform = re.sub(r"rotate\(-?0( [^)]*)?\)", "", transform).strip()
        element.attrib |= {"transform": transform} if transform else {}
    element.tail = None
    if element.tag != "text":
        element.text = None


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _speak(element: Element) -> None:
    """What was said of a part of the chart (`chart.spoken`), for eyes and ears."""
    name = element.attrib.get("id", "")
    if name.startswith(SPOKEN):
        words = element.attrib.pop("id").removeprefix(SPOKEN)
        element.attrib |= {"role": "img", "aria-label": words}
        title = ET.Element("title")
        title.text = words
        element.insert(0, title)


def _join_marks(parent: Element, root: Element, name: str) -> None:
    """Many equal marks become one path with a mark at each corner.

    A page with thousands of elements is slow; and a corner takes ten bytes, an element a hundred.
    """
    for number, run in enumerate(_runs(parent)):
        shape = root.find(f".//path[@id='{run[0].attrib['href'][1:]}']")
        assert shape is not None
        marker = ET.Element("marker", id=f"{name}.{number}", overflow="visible")
        marker.attrib["markerUnits"] = "userSpaceOnUse"
        styles = [one.attrib.get("style", "") for one in (shape, run[0])]
        ET.SubElement(marker, "path", d=shape.attrib["d"], style=";".join(filter(None, styles)))
        corners = " ".join(f"{one.attrib['x']} {one.attrib['y']}" for one in run)
        path = ET.Element(
            "path", d=f"M{corners}", style=f"fill:none;marker:url(#{marker.attrib['id']})"
        )
        position = list(parent).index(run[0])
        for one in run:
            parent.remove(one)
        parent.insert(position, path)
        parent.insert(position, marker)


def _runs(parent: Element) -> Iterator[list[Element]]:
    def kind(element: Element) -> tuple[str, ...]:
        return tuple(element.attrib.get(name, "") for name in ("href", "style"))

    uses = (list(run) for _, run in groupby((e for e in parent if e.tag == "use"), kind))
    return (run for run in list(uses) if len(run) > MAX_LOOSE_MARKS)


def _keep_ids(root: Element, prefix: str) -> None:
    """Only those that something refers to, each with the prefix."""
    referenced = {
        id_
        for element in root.iter()
        for name in REFERRING
        for _, id_ in REFERENCE.findall(element.attrib.get(name, ""))
    }
    for element in list(root.iter()):
        for name in REFERRING & element.attrib.keys():
            element.attrib[name] = REFERENCE.sub(rf"\1{prefix}\2", element.attrib[name])
        own = element.attrib.pop("id", None)
        if own in referenced:
            element.attrib["id"] = f"{prefix}{own}"
    for definitions in root.iter("defs"):
        for unused in [one for one in definitions if "id" not in one.attrib]:
            definitions.remove(unused)


def _drop_empty(parent: Element) -> None:
    """What shows nothing, and groups that say nothing of what is in them."""
    kept: list[Element] = []
    for child in parent:
        _drop_empty(child)
        nameless = child.tag in ("g", "defs") and not child.attrib
        if nameless and (child.tag == "g" or not len(child)):
            kept.extend(child)
        elif child.attrib.get("style") != "fill:none":
            kept.append(child)
    parent[:] = kept
