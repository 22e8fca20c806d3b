"""A damaged file of an index is refused in one line; it neither ends the process nor lies."""

import json
import random
import shutil
import subprocess
import sys

import pytest

from shopclip.search import SearchEngine
from tests.search.shop import lay_out

ASK = """
import json, sys
from shopclip.errors import ShopclipError
from shopclip.search import SearchEngine
for folder in json.loads(sys.stdin.read()):
    try:
        engine = SearchEngine.open(folder, pair="tiny")
        hits = engine.search("red shirt", k=5)
        told = [[hit.product.id, hit.product.caption, hit.similarity] for hit in hits]
    except ShopclipError as error:
        told = str(error)
    print(json.dumps(told), flush=True)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutated") / "project"
    lay_out(folder)
    return folder


def mutate(content, chance):
    """Bytes flipped, cut off, zeroed or added."""
    changed = bytearray(content)
    kind = chance.randrange(4)
    place = chance.randrange(len(changed))
    if kind == 0:
        for _ in range(chance.choice([1, 8])):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del changed[place:]
    elif kind == 2:
        changed[place : place + 64] = bytes(len(changed[place : place + 64]))
    else:
        changed += bytes(chance.randrange(256) for _ in range(64))
    return bytes(changed)


def ask(folders):
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        input=json.dumps([str(one) for one in folders]),
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_damaged_file_is_refused_or_changes_nothing(seed, shop, tmp_path):
    chance = random.Random(seed)
    index = "data/07_model_output/tiny/index"
    files = sorted(file.name for file in (shop / index).iterdir())
    folders = []
    for number in range(100):
        folder = tmp_path / str(number)
        shutil.copytree(shop, folder)
        file = folder / index / chance.choice(files)
        file.write_bytes(mutate(file.read_bytes(), chance))
        folders.append(folder)
    (expected,) = ask([shop])
    answers = ask(folders)
    assert len(answers) == len(folders)
    for told in answers:
        assert told == expected or (isinstance(told, str) and "\n" not in told), told
    assert sum(isinstance(told, str) for told in answers) > len(answers) / 2


def test_arrow_is_checked_where_no_digest_is_listed(shop, tmp_path):
    """As in an index of an earlier version."""
    shutil.copytree(shop, tmp_path / "project")
    index = tmp_path / "project/data/07_model_output/tiny/index"
    facts = json.loads((index / "index.json").read_text())
    del facts["files"]
    (index / "index.json").write_text(json.dumps(facts))
    assert SearchEngine.open(tmp_path / "project", pair="tiny").search("red shirt")
