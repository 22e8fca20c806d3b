"""`python -m shopclip.search` as a user types it."""

import json

import pytest

from shopclip.search.__main__ import main
from shopclip.search.cli import _print_json, parse_where
from shopclip.search.errors import QueryError
from shopclip.search.server.serve import listen
from tests.conftest import jpeg


def run(capsys, *arguments):
    code = main([str(one) for one in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_table_in_a_terminal(project, engine, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    options = ("--from", project, "--pair", "tiny", "-k", 4)
    code, told, _ = run(capsys, "a red shirt", *options)
    assert code == 0
    lines = [line for line in told.splitlines() if any(f" {place} " in line for place in "1234")]
    for line, hit in zip(lines[-4:], engine.search("a red shirt", k=4), strict=True):
        assert f"{hit.similarity:.3f}" in line
        assert hit.product.id in line
        assert hit.product.caption in line


def test_json_for_programs(project, engine, capsys):
    asked = ("--json", "--where", "gender=Men", "--where", "year=2011..2013")
    code, told, _ = run(capsys, "cap", "--from", project, "--pair", "tiny", *asked)
    where = {"gender": "Men", "year": {"min": 2011, "max": 2013}}
    expected = engine.search("cap", where=where)
    assert code == 0
    assert [hit["id"] for hit in json.loads(told)["hits"]] == [hit.product.id for hit in expected]


def test_a_picture_and_words(project, engine, capsys, tmp_path):
    file = tmp_path / "given.jpg"
    file.write_bytes(jpeg("blue", (50, 70)))
    asked = ("--image", file, "--weight", 0.2, "--json", "--from", project, "--pair", "tiny")
    _, told, _ = run(capsys, "grey", *asked)
    expected = engine.search("grey", file, weight=0.2)
    assert [hit["id"] for hit in json.loads(told)["hits"]] == [hit.product.id for hit in expected]
    code, told, _ = run(capsys, "describe", file, "--from", project, "--pair", "tiny")
    assert code == 0
    assert "baseColour" in told
    assert engine.describe(file).captions[0][0] in told


def test_a_value_that_no_product_has_is_said_below_what_is_found(project, engine, capsys):
    asked = ("cap", "--from", project, "--pair", "tiny", "--where", "gender=Womens")
    (note,) = engine.unknown_values({"gender": "Womens"})
    code, told, _ = run(capsys, *asked)
    assert (code, told) == (0, f"no product fits the filter\n{note}\n")
    told = run(capsys, *asked, "--where", "gender=Men")[1]
    assert told.endswith(f"{note}\n")
    assert "Men" in told.splitlines()[-3]
    told = json.loads(run(capsys, *asked, "--json")[1])
    assert told == {"pair": "tiny", "hits": [], "notes": [note]}


@pytest.mark.parametrize("word", ["serve", "export", "describe"])
def test_a_commands_name_can_be_searched_for(project, capsys, word):
    code, told, _ = run(capsys, "--from", project, "--pair", "tiny", "--json", "--", word)
    assert code == 0
    assert len(json.loads(told)["hits"]) == 10


def test_nothing_found_is_said(project, capsys):
    asked = ("--from", project, "--pair", "tiny", "--where", "year=3000..")
    assert run(capsys, "cap", *asked)[1] == "no product fits the filter\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cap", "--pair", "big"], "there are other, tiny"),
        (["cap", "--pair", "tiny", "-k", "0"], "from 1 to 100"),
        (["cap", "--pair", "tiny", "--where", "gender"], "expected ATTRIBUTE=VALUE"),
        (["describe", "nothing.jpg", "--pair", "tiny"], "nothing.jpg: cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(project, capsys, arguments, message):
    code, told, wrong = run(capsys, *arguments, "--from", project)
    assert (code, told) == (1, "")
    assert message in wrong
    assert len(wrong.splitlines()) == 1


def test_filters_of_the_command_line():
    given = ["gender=Men", "gender=Boys", "year=2010..", "usage=a=b", "price=..9.5"]
    assert parse_where(given) == {
        "gender": ["Men", "Boys"],
        "year": {"min": 2010},
        "usage": ["a=b"],
        "price": {"max": 9.5},
    }
    for bad in ("gender", "=Men", "year=a..b"):
        with pytest.raises(QueryError):
            parse_where([bad])


def test_a_port_in_use_is_one_line_before_anything_is_opened(project, capsys):
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        code, told, wrong = run(capsys, "serve", "--from", project, "--port", port)
    assert (code, told) == (1, "")
    assert wrong.startswith(f"error: --port {port}: another program listens there already")
    assert len(wrong.splitlines()) == 1


def test_json_holds_nothing_that_a_terminal_obeys_and_loses_nothing(capsys):
    content = {"caption": "a\x9b2J \u202eexe.gnp \U000e0041 Ünïcode 漢字 🙂\n", "k": [1, 2.5]}
    _print_json(content)
    shown = capsys.readouterr().out
    assert json.loads(shown) == content
    assert shown.replace("\n", "").isprintable()
    assert "Ünïcode 漢字 🙂" in shown
