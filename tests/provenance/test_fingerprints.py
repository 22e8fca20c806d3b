import hashlib
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopclip.provenance.fingerprints import Fingerprint


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "model"
    (folder / "tokenizer").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(bytes(range(256)))
    (folder / "tokenizer" / "tokenizer.json").write_text("{}")
    return folder


def test_a_file_has_the_sha256_of_its_content(tmp_path):
    (tmp_path / "a").write_bytes(b"red shirt")
    assert Fingerprint.take(tmp_path / "a").digest == hashlib.sha256(b"red shirt").hexdigest()


def test_a_folder_has_the_digest_of_its_names_and_contents(folder):
    contents = {"tokenizer/tokenizer.json": b"{}", "weights.bin": bytes(range(256))}
    lines = (f"{name}\0{hashlib.sha256(b).hexdigest()}\n" for name, b in sorted(contents.items()))
    assert Fingerprint.take(folder).digest == hashlib.sha256("".join(lines).encode()).hexdigest()


@given(place=st.integers(0, 255), bit=st.integers(0, 7))
def test_every_bit_counts(tmp_path_factory, place, bit):
    folder = tmp_path_factory.mktemp("bits")
    content = bytearray(range(256))
    (folder / "a").write_bytes(content)
    before = Fingerprint.take(folder)
    content[place] ^= 1 << bit
    (folder / "a").write_bytes(content)
    after = before.of_today(folder)
    assert after.digest != before.digest


def test_a_copy_is_equal_and_a_renamed_file_is_not(folder, tmp_path):
    before = Fingerprint.take(folder)
    shutil.copytree(folder, tmp_path / "copy")
    assert before.of_today(tmp_path / "copy").digest == before.digest
    (folder / "weights.bin").rename(folder / "other.bin")
    assert before.of_today(folder).digest != before.digest


def test_a_card_and_drafts_are_no_content(folder):
    before = Fingerprint.take(folder)
    (folder / "README.md").write_text("# A card\n")
    (folder / ".model.123.draft").write_text("half of something")
    (folder / ".draft").mkdir()
    (folder / ".draft" / "weights.bin").write_text("half of something")
    assert before.of_today(folder).digest == before.digest


def test_what_has_not_changed_is_not_read_again(folder, monkeypatch):
    before = Fingerprint.take(folder)
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert before.of_today(folder) is before


def test_a_change_that_keeps_size_and_time_is_seen(folder):
    file = folder / "weights.bin"
    before, state = Fingerprint.take(folder), file.stat()
    file.write_bytes(bytes(reversed(range(256))))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert before.of_today(folder).digest != before.digest


def test_nothing_has_no_fingerprint(folder):
    before = Fingerprint.take(folder)
    shutil.rmtree(folder)
    assert before.of_today(folder) is None
    with pytest.raises(OSError, match="model"):
        Fingerprint.take(folder)
