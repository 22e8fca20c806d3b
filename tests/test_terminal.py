"""Nothing that is printed or written asks for more letters than the machine's encoding has."""

import os
import subprocess
import sys

import pytest

PRINT = "from shopclip.terminal import print_plainly; print_plainly(); print('a → b, ✗, café, 漢')"
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
