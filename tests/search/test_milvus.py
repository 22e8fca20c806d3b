"""The index in a database, on Milvus Lite: the client and the filters are those of a cluster."""

import json
import shutil

import numpy as np
import pytest

from shopclip.dualencoder import DualEncoder
from shopclip.files.image_store import ImageStore
from shopclip.search import SearchEngine, SearchError
from shopclip.search.export import export
from shopclip.search.index.build import _portable
from shopclip.search.index.milvus import MilvusIndex, connect, trusted
from shopclip.search.index.protocol import IndexSettings
from tests.search.shop import build_index, example_table, lay_out


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    """The same shop with its vectors in a database."""
    folder = tmp_path_factory.mktemp("milvus") / "project"
    uri = str(folder / "milvus.db")
    folder.mkdir()
    lay_out(folder, settings=IndexSettings(kind="milvus", uri=uri))
    return folder


def same(found, expected, cosines):
    """As similar at every place, and each product with its own cosine."""
    assert len(found) == len(expected)
    np.testing.assert_allclose(
        [hit.similarity for hit in found], [hit.similarity for hit in expected], atol=1e-5
    )
    for hit in found:
        assert hit.similarity == pytest.approx(cosines[hit.product.id], abs=1e-5)


WHERES = [
    None,
    {"gender": "Women"},
    {"baseColour": ["Red", "Blue"], "articleType": "Shoe"},
    {"year": {"min": 2011, "max": 2013}},
    {"year": 2012, "gender": "Men"},
    {"year": {"max": 2012}},
]


@pytest.mark.parametrize("where", WHERES, ids=str)
def test_the_database_answers_as_the_exact_index_does(remote, engine, where):
    other = SearchEngine.open(remote)
    assert isinstance(other.index.images, MilvusIndex)
    vectors = engine.index.images.vectors(np.arange(240))
    ids = [f"p{n}" for n in range(240)]
    for ask, query in (
        (
            lambda e: e.search("red shoe", k=20, where=where),
            engine.towers.embed_captions(["red shoe"]),
        ),
        (lambda e: e.similar("p9", 8, where=where), vectors[9]),
    ):
        same(ask(other), ask(engine), dict(zip(ids, vectors @ query.ravel(), strict=True)))


def test_descriptions_are_the_same_too(remote, engine):
    there, here = (one.describe_product("p5") for one in (SearchEngine.open(remote), engine))
    for one, other in zip(there.attributes, here.attributes, strict=True):
        assert (one.name, one.error) == (other.name, other.error)
        np.testing.assert_allclose(
            [score for _, score in one.values], [score for _, score in other.values], atol=2e-3
        )
    cosines = [[cosine for _, cosine in said.captions] for said in (there, here)]
    np.testing.assert_allclose(*cosines, atol=1e-5)


def test_a_value_cannot_break_out_of_the_filter(remote):
    engine = SearchEngine.open(remote)
    for value in ('x"] or number >= 0 or gender in ["', 'Women"] or gender in ["Men'):
        assert engine.search("cap", where={"gender": value}) == []
        assert engine.search("cap", where={"gender": [value, "Men"]}) == engine.search(
            "cap", where={"gender": "Men"}
        )


def test_a_value_with_quotes_and_backslashes_is_found(tmp_path):
    examples = example_table(60)
    odd = 'a "quoted" \\ 50% café\t{x}\n漢'
    examples.loc[:9, "usage"] = odd
    project = tmp_path / "project"
    model = lay_out(project)
    store = ImageStore.load(project / "data/05_model_input/image_store")
    folder = project / "data/07_model_output/tiny/index"
    uri = str(tmp_path / "odd.db")
    build_index(folder, examples, store, model, settings=IndexSettings(kind="milvus", uri=uri))
    hits = SearchEngine.open(project).search("shirt", where={"usage": odd}, k=50)
    assert {hit.product.id for hit in hits} == {f"p{n}" for n in range(10)}


def test_the_collections_of_a_replaced_index_are_dropped(tmp_path):
    uri = str(tmp_path / "milvus.db")
    settings = IndexSettings(kind="milvus", uri=uri)
    lay_out(tmp_path / "project", settings=settings)
    index = tmp_path / "project/data/07_model_output/tiny/index"
    first = json.loads((index / "index.json").read_text())["collections"]
    assert set(connect(uri).list_collections()) == set(first.values())
    model = DualEncoder.load(tmp_path / "project/data/06_models/tiny")
    model.image.projection[1].weight.data.neg_()  # as if trained again
    store = ImageStore.load(tmp_path / "project/data/05_model_input/image_store")
    build_index(index, example_table(), store, model, settings=settings)
    second = json.loads((index / "index.json").read_text())["collections"]
    assert set(first.values()).isdisjoint(second.values())
    assert set(connect(uri).list_collections()) == set(second.values())


INDEX = "data/07_model_output/tiny/index"


def collections_of(folder):
    return set(json.loads((folder / INDEX / "index.json").read_text())["collections"].values())


def shared_server(monkeypatch, uri):
    """A copy's URI of the database is that of the original, as a server's is."""
    monkeypatch.setattr("shopclip.search.index.milvus.located", lambda *_: uri)
    monkeypatch.setattr("shopclip.search.index.milvus.located", lambda *_: uri)


def build_again(project, settings, *, trained=True):
    """The index of a project, after another training of its pair or without one."""
    model = DualEncoder.load(project / "data/06_models/tiny")
    if trained:
        model.image.projection[1].weight.data.neg_()
    store = ImageStore.load(project / "data/05_model_input/image_store")
    build_index(project / INDEX, example_table(), store, model, settings=settings)


@pytest.fixture
def original(tmp_path, monkeypatch):
    """A project whose index is in a database, with the settings for another build."""
    uri = str(tmp_path / "server.db")
    shared_server(monkeypatch, uri)
    settings = IndexSettings(kind="milvus", uri=uri)
    lay_out(tmp_path / "original", settings=settings)
    return tmp_path / "original", settings


@pytest.mark.parametrize(
    "trained", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["again", "as-it-was"]
)
def test_a_copy_that_is_indexed_again_leaves_the_collections_of_the_original(
    original, tmp_path, caplog, trained
):
    project, settings = original
    copy = shutil.copytree(project, tmp_path / "copy")
    before = collections_of(project)
    build_again(copy, settings, trained=trained)
    assert collections_of(copy).isdisjoint(before)
    assert ", ".join(sorted(before)) in caplog.text
    both = before | collections_of(copy)
    assert set(connect(settings.uri).list_collections()) == both
    assert SearchEngine.open(project).search("cap", k=1)
    build_again(copy, settings, trained=not trained)  # its own it may drop
    assert set(connect(settings.uri).list_collections()) == before | collections_of(copy)
    build_again(project, settings, trained=True)
    expected = collections_of(project) | collections_of(copy)
    assert set(connect(settings.uri).list_collections()) == expected


@pytest.mark.slow
def test_what_an_export_answers_from_is_not_dropped(original, tmp_path, caplog):
    project, settings = original
    export(project, tmp_path / "out", pair="tiny")
    before = collections_of(project)
    build_again(project, settings)
    assert set(connect(settings.uri).list_collections()) == before | collections_of(project)
    assert SearchEngine.open(tmp_path / "out").search("cap", k=1)
    assert "may be another index's" in caplog.text


def test_an_index_of_an_earlier_version_may_be_anybodys(original):
    project, settings = original
    facts = json.loads((project / INDEX / "index.json").read_text())
    del facts["identity"]
    (project / INDEX / "index.json").write_text(json.dumps(facts))
    before = collections_of(project)
    build_again(project, settings)
    assert before < set(connect(settings.uri).list_collections())


def test_a_project_that_was_moved_still_finds_its_database(remote, tmp_path):
    moved = shutil.copytree(remote, tmp_path / "moved")
    assert SearchEngine.open(moved).search("cap", k=1)
    facts = json.loads((moved / "data/07_model_output/tiny/index/index.json").read_text())
    assert not facts["uri"].startswith("/")


def test_a_server_that_does_not_answer_is_one_clear_error():
    with pytest.raises(SearchError, match=r"no Milvus answers there.*SHOPCLIP_MILVUS_TOKEN"):
        connect("http://127.0.0.1:1")


def test_a_collection_that_is_gone_is_one_clear_error(tmp_path):
    uri = str(tmp_path / "empty.db")
    with pytest.raises(SearchError, match="has no collection nothing; build the index again"):
        MilvusIndex(uri, "nothing", 3, 128)


def test_the_users_token_goes_to_no_address_that_an_index_names(monkeypatch):
    monkeypatch.setenv("SHOPCLIP_MILVUS_TOKEN", "mine")
    monkeypatch.delenv("SHOPCLIP_MILVUS_URI", raising=False)
    named = r"Milvus at https://evil.example:19530; .*SHOPCLIP_MILVUS_URI=https://evil.example"
    with pytest.raises(SearchError, match=named):
        trusted("https://a:b" + "@evil.example:19530")
    monkeypatch.setenv("SHOPCLIP_MILVUS_URI", "https://ours.example:19530")
    assert trusted("https://ours.example:19530") == "https://ours.example:19530"
    with pytest.raises(SearchError, match="if you trust that address"):
        trusted("https://ours.example.evil:19530")
    ours = "https://me:mine" + "@ours.example:19530?token=mine"
    monkeypatch.setenv("SHOPCLIP_MILVUS_URI", ours)
    assert trusted("https://ours.example:19530") == ours  # what lets in is the user's to give
    assert trusted("https://them:theirs" + "@ours.example:19530") == ours
    monkeypatch.delenv("SHOPCLIP_MILVUS_URI")
    assert trusted("/somewhere/milvus.db") == "/somewhere/milvus.db"


def test_an_index_keeps_the_address_of_its_server_and_nothing_that_lets_in(tmp_path):
    secret = "https://me:mine" + "@ours.example:19530/shop?token=mine"
    assert _portable(secret, tmp_path) == "https://ours.example:19530/shop"
    assert _portable(str(tmp_path / "milvus.db"), tmp_path / "index") == "../milvus.db"
