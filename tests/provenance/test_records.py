import json
import shutil

import pytest

from shopclip.provenance import ProvenanceError, Records, require
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


def test_another_version_of_an_output_leaves_the_one_before_its_record(tmp_path):
    project = Project(tmp_path).run_all()
    (project.data / "model_new").write_text("new")
    again = {name: Fingerprint.take(project.data / name) for name in ("model_new", "captions_seen")}
    project.records.finish(Record("pair.train", again, stage="training"))
    for records in (project.records, Records(project.data / ".provenance")):
        assert records.of("model").outputs.keys() == {"model"}
        assert records.of("captions_seen").outputs.keys() == {"model_new", "captions_seen"}
    require(Records(project.data / ".provenance"), [project.data / "model"])


def test_outputs_of_two_runs_of_one_node_do_not_belong_together(tmp_path):
    """Scores of last week's model beside the captions that this week's has seen."""
    project = Project(tmp_path).run_all()
    (project.data / "model_new").write_text("new")
    again = {name: Fingerprint.take(project.data / name) for name in ("model_new", "captions_seen")}
    project.records.finish(Record("pair.train", again, stage="training"))
    with pytest.raises(ProvenanceError, match=r"of another run of pair\.train than .*model"):
        require(Records(project.data / ".provenance"), [project.data / "metrics"])
