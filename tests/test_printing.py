"""Nothing that is printed or written asks for more letters than the machine's encoding has."""

import os
import subprocess
import sys

import pytest

from shopclip.printing import PrintableRecord, printable

PRINT = "from shopclip.printing import print_plainly; print_plainly(); print('a → b, ✗, café, 漢')"
WRITE = """
import sys
from shopclip.datasets import JSONDataset, TextDataset
text = TextDataset(filepath=sys.argv[1] + "/page.html")
text.save("image → text, 漢")
assert text.load() == "image → text, 漢"
facts = JSONDataset(filepath=sys.argv[1] + "/facts.json", save_args={"ensure_ascii": False})
facts.save({"name": "漢"})
assert facts.load() == {"name": "漢"}
"""


def python(code, *arguments, **environment):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "a → b, ✗, café, 漢"),
        ("ascii", "a > b, x, caf?, ?"),
        ("latin-1", "a > b, x, café, ?"),
    ],
)
def test_what_a_terminal_lacks_is_printed_plainly(encoding, expected):
    done = python(PRINT, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding).strip() == expected


def test_files_are_utf8_whatever_the_locale(tmp_path):
    (tmp_path / "write.py").write_text(WRITE, "utf-8")
    run = f"import runpy; runpy.run_path({str(tmp_path / 'write.py')!r})"
    done = python(run, tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "page.html").read_bytes().decode("utf-8") == "image → text, 漢"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07red", "\\x1b[2J\\x1b]0;owned\\x07red"),
        ("abc\u202egnp.exe", "abc\\u202egnp.exe"),
        ("a\rb\nc\x00", "a\\rb\\nc\\x00"),
        ("half \ud800", "half \\ud800"),
        ("Ünïcode 漢字 🙂 – →", "Ünïcode 漢字 🙂 – →"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text, shown):
    assert printable(text) == shown


def test_a_line_of_a_log_keeps_its_ends_and_nothing_else():
    record = PrintableRecord("x", 20, "f", 1, "caption: %s", ("\x1b[31mred\nblue",), None)
    assert record.getMessage() == "caption: \\x1b[31mred\nblue"
