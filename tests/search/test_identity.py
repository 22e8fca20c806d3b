import json
import shutil

import pytest

from shopclip.search.index.milvus import FILE, Identity


@pytest.fixture
def index(tmp_path):
    """The folder of an index, which need not be there yet."""
    return tmp_path / "project" / "a" / "index"


def test_an_index_keeps_its_identity(index):
    first = Identity.of(index)
    shutil.rmtree(index, ignore_errors=True)
    assert Identity.of(index) == first
    assert Identity.of(index.parent.parent / "b" / "index").name != first.name


def test_a_copy_and_what_was_moved_have_one_of_their_own(index, tmp_path):
    first = Identity.of(index)
    copy = shutil.copytree(tmp_path / "project", tmp_path / "copy")
    other = Identity.of(copy / "a" / "index")
    assert other.name != first.name
    assert Identity.of(copy / "a" / "index") == other
    assert Identity.of(index) == first
    (tmp_path / "project").rename(tmp_path / "moved")
    assert Identity.of(tmp_path / "moved" / "a" / "index").name != first.name


def test_a_copy_that_took_the_place_of_the_original_is_a_copy(index, tmp_path):
    """Such as a backup: the path is the same, and the folder is another."""
    first = Identity.of(index)
    shutil.copytree(tmp_path / "project", tmp_path / "backup")
    (tmp_path / "project").rename(tmp_path / "original")
    (tmp_path / "backup").rename(tmp_path / "project")
    assert Identity.of(index).name != first.name


def test_collections_of_an_export_are_remembered(index):
    Identity.of(index).export(index, ("one",))
    Identity.of(index).export(index, ("two", "one"))
    assert Identity.of(index).exported == ("one", "two")


@pytest.mark.parametrize("content", ["", "[]", '{"name": "x"}'])
def test_what_cannot_be_read_is_no_identity(index, content):
    first = Identity.of(index)
    (index.parent / FILE).write_text(content)
    assert Identity.of(index).name not in ("x", first.name)


def test_it_does_not_say_where_it_is(index, tmp_path):
    Identity.of(index)
    told = (index.parent / FILE).read_text()
    assert str(tmp_path) not in told
    assert set(json.loads(told)) == {"name", "place", "exported"}
