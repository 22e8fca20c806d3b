import json

import pytest

from shopclip.search import SearchError
from shopclip.search.export import keep, others, written

FACTS = {"format": 1, "pair": "tiny"}


def fill(folder, **files):
    """Files by their path, in which two underscores are a folder's end and one a dot."""
    for name, content in files.items():
        file = folder / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


@pytest.fixture
def exported(tmp_path):
    """The folder of an export, with its manifest."""
    folder = fill(tmp_path / "out", text_onnx="1", index__products_arrow="2")
    facts = {**FACTS, "files": written(folder)}
    (folder / "export.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture
def draft(tmp_path):
    """What the next export has written."""
    return fill(tmp_path / "draft", text_onnx="new", export_json="{}")


def test_an_export_alone_and_an_empty_or_missing_folder_hold_nothing_else(exported, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (exported, tmp_path / "empty", tmp_path / "missing"):
        assert others(folder) == []


@pytest.mark.parametrize("manifest", [None, '{"mine": 1}', "[]", "3", "precious"])
def test_what_has_no_manifest_of_ours_is_no_export(tmp_path, manifest):
    folder = fill(tmp_path / "out", text_onnx="mine")
    if manifest is not None:
        (folder / "export.json").write_text(manifest)
    with pytest.raises(SearchError) as caught:
        others(folder)
    assert str(caught.value) == (
        f"{folder}: holds something else; give a new folder or an older export"
    )


def test_files_links_and_empty_folders_of_the_user_are_kept(exported, draft, tmp_path):
    fill(exported, notes_txt="mine", index__notes_txt="mine too", deep__er__notes_txt="and this")
    (exported / "empty").mkdir()
    (exported / "folder").symlink_to(tmp_path)
    (exported / "broken").symlink_to("nowhere")
    keep(others(exported), exported, draft)
    assert (draft / "text.onnx").read_text() == "new"
    assert (draft / "notes.txt").read_text() == "mine"
    assert (draft / "index/notes.txt").read_text() == "mine too"
    assert (draft / "deep/er/notes.txt").read_text() == "and this"
    assert (draft / "empty").is_dir()
    assert ((draft / "folder").readlink(), str((draft / "broken").readlink())) == (
        tmp_path,
        "nowhere",
    )
    assert not (draft / "index/products.arrow").exists()


@pytest.mark.parametrize("name", ["image_onnx", "index__notes_txt"])
def test_what_the_next_export_would_replace_is_named(exported, draft, name):
    fill(exported, **{name: "mine"})
    fill(draft, image_onnx="new", index="a file where the user has a folder")
    named = name.replace("__", "/").replace("_", ".")
    with pytest.raises(SearchError) as caught:
        keep(others(exported), exported, draft)
    assert str(caught.value) == (
        f"{exported / named}: not of the export that lies there, and the new one would replace it; "
        "move it away, or give a new folder"
    )


def test_a_folder_of_the_exports_that_was_emptied_is_filled_again(exported, draft):
    (exported / "index/products.arrow").unlink()
    fill(draft, index__products_arrow="new")
    keep(others(exported), exported, draft)
    assert (draft / "index/products.arrow").read_text() == "new"


def test_a_disk_without_links_gets_a_copy(exported, draft, monkeypatch):
    fill(exported, notes_txt="mine")

    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    keep(others(exported), exported, draft)
    assert (draft / "notes.txt").read_text() == "mine"


def test_an_export_that_lists_no_files_is_known_by_their_names(exported):
    (exported / "export.json").write_text(json.dumps(FACTS))
    fill(exported, notes_txt="mine")
    (exported / "image_store").mkdir()
    (exported / "image_store" / "images.npy").touch()
    assert [path.as_posix() for path in others(exported)] == ["notes.txt"]
