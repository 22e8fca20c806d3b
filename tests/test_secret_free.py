"""No file tells of the machine that it was written on, and none opens a door."""

import re
import subprocess

import pytest

from tests.project import ROOT

# None of them matches its own text, so that this file is looked at as well. Ann is the user whom
# tests make up where they need one.
SECRETS = {
    "a folder of somebody's machine": re.compile(
        r"(?<![\w.:/-])/(?:home|Users|work|root|mnt|private/var)/(?!ann\b)[\w.-]+"
        r"|\b[A-Z]:\\{1,2}Users\\{1,2}(?!ann\b)\w+|/tmp/(?:pytest-of|tmp)[\w-]*"
    ),
    "a private key": re.compile(r"-{5}BEGIN (?:[A-Z]+ )*PRIVATE KEY"),
    "a token": re.compile(
        r"\b(?:hf_[A-Za-z0-9]{30,}|gh[pousr]_[A-Za-z0-9]{30,}|AKIA[A-Z0-9]{16}|sk-[A-Za-z0-9]{32,})"
    ),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@{}⟨<$]+:[^\s/@{}⟨<$]+@"),
}


def secrets_in(name, text):
    """Each secret of a text as `file:line: what it is: the words`."""
    return [
        f"{name}:{number}: {what}: {match.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in SECRETS.items()
        for match in pattern.finditer(line)
    ]


def written_files():
    """What is committed or would be: everything that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if (ROOT / name).is_file()]


@pytest.mark.parametrize(
    "text",
    [
        "see " + "/home/" + "anna/shop",
        "folder: /wo" + "rk/main",
        '"' + "/Users/" + 'anna/x.png"',
        "C:" + "\\Users\\anna",
        "-----BEGIN " + "RSA PRIVATE KEY-----",
        "token = hf_" + "a" * 34,
        "postgresql://" + "anna:sesame@db:5432/shop",
    ],
)
def test_secrets_are_recognised(text):
    assert secrets_in("file", text)


@pytest.mark.parametrize(
    "text",
    [
        "/path/to/catalogue",
        "https://example.org/work/paper.pdf",
        "docs/work/plan.md",
        "sqlite:///${project_root:}/mlflow.db",
        "http://127.0.0.1:7860/api?like=a@b",
        "git@example.org:shop/clip.git",
    ],
)
def test_what_any_machine_has_is_no_secret(text):
    assert secrets_in("file", text) == []


def test_no_file_holds_one():
    found, read = [], 0
    for path in written_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue  # a picture
        read += 1
        found += secrets_in(path.relative_to(ROOT), content.decode("utf-8"))
    assert read > 100
    assert found == []
