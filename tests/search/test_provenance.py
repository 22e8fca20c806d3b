"""A search opens what belongs together, as the records of the runs say."""

import shutil

import numpy as np
import pytest

from shopclip.pipelines.reporting.leaderboard import compile_rows
from shopclip.provenance import ProvenanceError, Records
from shopclip.provenance.fingerprints import Fingerprint
from shopclip.provenance.records import Record
from shopclip.search import SearchEngine, SearchError
from shopclip.search.export import export
from shopclip.search.locations import find
from tests.dualencoder.conftest import BERT, RESNET
from tests.dualencoder.conftest import build as build_towers
from tests.pipelines.reporting.conftest import metrics_of


def stamp(project, node, stage, reads, writes):
    """What the hook of a run writes down."""
    data = project / "data"
    records = Records(data / ".provenance")
    inputs = {name: records.of(name).outputs[name].digest for name in reads}
    outputs = {name: Fingerprint.take(data / name) for name in writes}
    standalone = stage == "training"
    records.finish(Record(node, outputs, inputs, stage=stage, standalone=standalone))


@pytest.fixture
def recorded(project, tmp_path):
    """The shop of the tests, with the records that a run would have left."""
    folder = tmp_path / "project"
    shutil.copytree(project, folder)
    board = folder / "data/08_reporting/leaderboard.csv"
    board.parent.mkdir(exist_ok=True)
    scores = {pair: metrics_of(mrr) for pair, mrr in {"tiny": 0.6, "other": 0.4}.items()}
    compile_rows(scores).to_csv(board, index=False)
    for pair in ("tiny", "other"):
        model, index = f"06_models/{pair}", f"07_model_output/{pair}/index"
        stamp(folder, f"{pair}.train", "training", [], [model])
        stamp(folder, f"{pair}.build_index", "indexing", [model], [index])
    models = ["06_models/tiny", "06_models/other"]
    stamp(folder, "compile_leaderboard", "reporting", models, ["08_reporting/leaderboard.csv"])
    return folder


def retrain(project, pair="tiny"):
    build_towers(BERT, RESNET, seed=7).save(project / "data/06_models" / pair)
    stamp(project, f"{pair}.train", "training", [], [f"06_models/{pair}"])


def test_what_belongs_together_opens(recorded):
    assert find(recorded).pair == "tiny"
    engine = SearchEngine.open(recorded)
    own = engine.index.images.vectors(np.array([0]))
    shown = engine.picture(engine.index.products.products([0])[0].id)
    np.testing.assert_allclose(engine.towers.embed_images(shown[None]), own, atol=1e-5)


@pytest.mark.parametrize(
    "use",
    [
        lambda project, _: SearchEngine.open(project, pair="tiny"),
        lambda project, folder: export(project, folder / "export", pair="tiny"),
    ],
    ids=["search", "export"],
)
def test_an_index_of_an_older_model_is_refused_with_the_command(use, recorded, tmp_path):
    retrain(recorded)
    with pytest.raises(
        ProvenanceError,
        match=r"index: made from another .*06_models/tiny than .*"
        r"Make it again: kedro run --pipelines indexing$",
    ):
        use(recorded, tmp_path)
    assert SearchEngine.open(recorded, pair="other").pair == "other"


def test_a_leaderboard_of_older_models_does_not_choose_the_pair(recorded):
    retrain(recorded)
    stamp(
        recorded, "tiny.build_index", "indexing", ["06_models/tiny"], ["07_model_output/tiny/index"]
    )
    with pytest.raises(ProvenanceError, match=r"leaderboard\.csv: made from another .*--pair"):
        find(recorded)
    assert find(recorded, "tiny").pair == "tiny"


def test_a_changed_file_of_an_index_is_refused(recorded):
    (file,) = (recorded / "data/07_model_output/tiny/index").glob("*images*.faiss")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(
        ProvenanceError, match=r"index: changed after tiny\.build_index had made it"
    ):
        SearchEngine.open(recorded, pair="tiny")


def test_a_copy_of_the_data_alone_opens_elsewhere(recorded, tmp_path):
    shutil.copytree(recorded / "data", tmp_path / "server" / "shop")
    assert SearchEngine.open(tmp_path / "server" / "shop").pair == "tiny"


@pytest.mark.parametrize("dimensions", [8, 16])
def test_without_any_record_the_vectors_themselves_tell(dimensions, project, tmp_path):
    """As in an index that somebody copied beside another model."""
    shutil.copytree(project, tmp_path / "project")
    other = build_towers(BERT, RESNET, seed=7, embed_dim=dimensions)
    other.save(tmp_path / "project/data/06_models/tiny")
    with pytest.raises(
        SearchError, match=r"index: not of the towers .*--pipelines embedding,index"
    ):
        SearchEngine.open(tmp_path / "project", pair="tiny")
