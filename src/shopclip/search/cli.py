"""The command line: search, describe, serve, export."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shopclip.printing import printable
from shopclip.search.errors import QueryError

PROGRAM = "python -m shopclip.search"


def run(arguments: Sequence[str]) -> int:
    """Run the command of this name, or else search for the words."""
    commands: dict[str, Callable[[Sequence[str]], None]] = {
        "describe": _describe,
        "serve": _serve,
        "export": _export,
    }
    if arguments and arguments[0] in commands:
        commands[arguments[0]](arguments[1:])
    else:
        _search(arguments)
    return 0


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(f"{PROGRAM}{name}", description=description)
    parser.add_argument(
        "--from",
        dest="folder",
        default=".",
        metavar="FOLDER",
        help="the project, its data, or an export; by default the folder you are in",
    )
    parser.add_argument("--pair", help="by default the one that the leaderboard puts first")
    return parser


def _search(arguments: Sequence[str]) -> None:
    parser = _parser("", "Find products by a text, a picture, or both.")
    parser.epilog = (
        "Instead of a text: describe PICTURE, serve, or export --to FOLDER. "
        "After -- these names are words to search for."
    )
    parser.add_argument("text", nargs="?", help="such as 'women red kurta'")
    parser.add_argument("--image", type=Path, help="a picture to search by")
    parser.add_argument("--weight", type=float, default=0.5, help="of the text beside a picture")
    parser.add_argument("-k", type=int, default=10, help="how many products")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="ATTRIBUTE=VALUE",
        help="a filter, such as gender=Women or year=2011..2013; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(arguments)
    if options.text is None and options.image is None:
        parser.error("give a text, --image, or both")
    engine = _open(options)
    where = parse_where(options.where)
    hits = engine.search(
        options.text, options.image, weight=options.weight, k=options.k, where=where
    )
    notes = engine.unknown_values(where)
    if options.json:
        _print_json({"pair": engine.pair, "hits": [flat(hit) for hit in hits], "notes": notes})
        return
    _print_hits(engine.pair, options, hits)
    for note in notes:
        print(printable(note))


def parse_where(given: Sequence[str]) -> dict[str, Any]:
    """`attribute=value` → a filter; a repeated attribute may have either, `a..b` is a range.

    Raises:
        QueryError: there is no = in one of them, or a range that is none of numbers.
    """
    where: dict[str, Any] = {}
    for one in given:
        attribute, sign, value = one.partition("=")
        if not sign or not attribute:
            raise QueryError(f"--where {one}: expected ATTRIBUTE=VALUE, such as gender=Women")
        low, dots, high = value.partition("..")
        if dots:
            where[attribute] = _range(one, low, high)
        else:
            others = where.get(attribute, [])
            where[attribute] = [*(others if isinstance(others, list) else []), value]
    return where


def flat(hit: Any) -> dict[str, Any]:
    """A hit for programs."""
    return {"similarity": hit.similarity, **asdict(hit.product)}


def _range(one: str, low: str, high: str) -> dict[str, float]:
    try:
        ends = {"min": float(low)} if low else {}
        return {**ends, "max": float(high)} if high else ends
    except ValueError as error:
        raise QueryError(
            f"--where {one}: expected numbers around .., such as 2011..2013"
        ) from error


def _describe(arguments: Sequence[str]) -> None:
    parser = _parser(" describe", "Say what is on a picture.")
    parser.add_argument("picture", type=Path)
    parser.add_argument("-k", type=int, default=5, help="how many captions")
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args(arguments)
    engine = _open(options)
    description = engine.describe(options.picture, k=options.k)
    if options.json:
        _print_json({"pair": engine.pair, **asdict(description)})
        return
    table = _table(f"{options.picture} by {engine.pair}", "attribute", "likeliest", "or")
    for one in description.attributes:
        cells = [f"{printable(str(value))} {score:.0%}" for value, score in one.values]
        table.add_row(printable(one.name), cells[0], ", ".join(cells[1:]))
    _print(table)
    for caption, similarity in description.captions:
        print(f"{similarity:.3f}  {printable(caption)}")


def _serve(arguments: Sequence[str]) -> None:
    parser = _parser(" serve", "Start the search page and its JSON API.")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets others in")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which browsers may ask, beside localhost and --host",
    )
    options = parser.parse_args(arguments)
    from shopclip.search.server.serve import serve

    names = tuple(options.allow_host)
    serve(options.folder, pair=options.pair, host=options.host, port=options.port, names=names)


def _export(arguments: Sequence[str]) -> None:
    parser = _parser(" export", "Write a pair as ONNX, for searching without torch.")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--pictures", action="store_true", help="the image store as well")
    options = parser.parse_args(arguments)
    from shopclip.search.export import export

    facts = export(options.folder, options.to, pair=options.pair, pictures=options.pictures)
    print(
        f"{printable(facts['pair'])} in {options.to}: the ONNX towers are off by at most "
        f"{facts['text']['difference']:.1e} (text) and {facts['image']['difference']:.1e} (image)"
    )


def _open(options: argparse.Namespace) -> Any:
    from shopclip.search.engine import SearchEngine

    return SearchEngine.open(options.folder, pair=options.pair)


def _print_hits(pair: str, options: argparse.Namespace, hits: Sequence[Any]) -> None:
    if not hits:
        print("no product fits the filter")
        return
    query = " + ".join(str(part) for part in (options.text, options.image) if part)
    shown = [
        name
        for name in ("articleType", "baseColour", "gender", "price")
        if any(name in hit.product.attributes for hit in hits)
    ]
    table = _table(f"{query} by {pair}", "", "similarity", "id", "caption", *shown)
    for place, hit in enumerate(hits, 1):
        product = hit.product
        cells = [product.id, product.caption, *(product.attributes.get(name, "") for name in shown)]
        table.add_row(str(place), f"{hit.similarity:.3f}", *(printable(str(one)) for one in cells))
    _print(table)


def _table(title: str, *columns: str) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(printable(title)), box=box.SIMPLE, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print(table: Any) -> None:
    from rich.console import Console

    Console(markup=False, highlight=False).print(table)


def _print_json(content: dict[str, Any]) -> None:
    import json

    text = json.dumps(content, indent=1, ensure_ascii=False)
    if text.isascii():
        print(text)
        return
    # The same content, in which a terminal finds nothing to obey either.
    print(
        "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)
    )
