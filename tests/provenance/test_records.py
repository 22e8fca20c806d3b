import json
import shutil

import pytest

from shopclip.provenance import Records, require
from shopclip.provenance.fingerprints import Fingerprint
from shopclip.provenance.records import Record
from tests.provenance.graph import Project


def test_records_outlive_the_process_that_wrote_them(tmp_path):
    project = Project(tmp_path).run_all()
    read = Records(project.data / ".provenance")
    assert read.of("embeddings") == project.records.of("embeddings")
    assert read.of("embeddings").inputs.keys() == {"model", "examples"}
    assert read.of("nothing") is None


def test_a_project_may_be_moved_and_copied(tmp_path):
    Project(tmp_path / "a").run_all()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    (tmp_path / "a").rename(tmp_path / "c")
    for name in "bc":
        data = tmp_path / name / "data"
        require(Records(data / ".provenance"), [data / "metrics"])


def test_a_copy_is_read_once_and_not_again(tmp_path, monkeypatch):
    Project(tmp_path / "a").run_all()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    data = tmp_path / "b" / "data"
    require(Records(data / ".provenance"), [data / "metrics"])
    monkeypatch.setattr(Fingerprint, "take", None)
    require(Records(data / ".provenance"), [data / "metrics"])


@pytest.mark.parametrize(
    "damage", [lambda text: text[: len(text) // 2], lambda text: "[]", lambda text: "{}"]
)
def test_a_damaged_record_tells_of_nothing(damage, tmp_path):
    project = Project(tmp_path).run_all()
    (file,) = (project.data / ".provenance").glob("pair.embed.*.json")
    file.write_text(damage(file.read_text()))
    assert Records(project.data / ".provenance").of("embeddings") is None


def test_a_record_of_another_format_tells_of_nothing(tmp_path):
    project = Project(tmp_path).run_all()
    (file,) = (project.data / ".provenance").glob("pair.embed.*.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))
    assert Records(project.data / ".provenance").of("embeddings") is None


def test_a_location_has_one_record_whoever_wrote_last(tmp_path):
    """Such as a node under another name; what the one before wrote besides it has none then."""
    project = Project(tmp_path).run_all()
    taken = {"model": Fingerprint.take(project.data / "model")}
    project.records.finish(Record("other.train", taken))
    for records in (project.records, Records(project.data / ".provenance")):
        assert records.of("model").node == "other.train"
        assert records.of("captions_seen") is None
