"""What an index's files hold is looked at before it is walked, whoever made their digests."""

import json
import shutil

import faiss
import numpy as np
import pyarrow as pa
import pytest

from shopclip.search import SearchError
from shopclip.search.index.opened import SearchIndex
from shopclip.search.index.protocol import IndexSettings
from tests.search.shop import COUNT, lay_out

INDEX = "data/07_model_output/tiny/index"


@pytest.fixture(scope="module", params=["exact", "approximate"])
def built(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("structure")
    lay_out(folder, settings=IndexSettings(kind=request.param))
    facts = json.loads((folder / INDEX / "index.json").read_text())
    del facts["files"]  # as if whoever made the index had listed what they made
    (folder / INDEX / "index.json").write_text(json.dumps(facts))
    return folder / INDEX


@pytest.fixture
def index(built, tmp_path):
    return shutil.copytree(built, tmp_path / "index")


def refused(folder):
    with pytest.raises(SearchError, match="damaged, build it again") as caught:
        SearchIndex.open(folder)
    assert "\n" not in str(caught.value)


def test_what_was_built_is_opened(index):
    assert len(SearchIndex.open(index).products) == COUNT


def test_names_of_version_0_1_are_read(index):
    facts = json.loads((index / "index.json").read_text())
    facts["search_breadth"] = facts.pop("ef_search")
    (index / "index.json").write_text(json.dumps(facts))
    assert SearchIndex.open(index).facts["ef_search"] == facts["search_breadth"]


def change(facts, path, value):
    *outer, last = path
    for name in outer:
        facts = facts[name]
    facts[last] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["pictures"], []),
        (["pictures", "size"], [40]),
        (["pictures", "size"], [40, -1]),
        (["dimensions"], 1),
        (["dimensions"], 1e300),
        (["ef_search"], 0),
        (["ef_search"], "128"),
        (["products"], True),
        (["captions"], None),
        (["collections", "images"], "../elsewhere"),
        (["collections"], ["images"]),
        (["calibration", "attributes", "gender", "scale"], float("nan")),
        (["calibration", "attributes", "gender", "smoothing"], 7),
        (["calibration", "attributes", "nothing"], {"scale": 1, "smoothing": 0}),
        (["calibration"], None),
        (["files"], [1]),
    ],
    ids=str,
)
def test_facts_that_cannot_be_are_refused(index, path, value):
    facts = json.loads((index / "index.json").read_text())
    change(facts, path, value)
    (index / "index.json").write_text(json.dumps(facts))
    refused(index)


@pytest.mark.parametrize("content", ["[]", "null", "1", '"a"', "[" * 100_000, '{"format": 1}'])
def test_facts_of_another_shape_are_refused(index, content):
    (index / "index.json").write_text(content)
    refused(index)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("id", pa.nulls(COUNT, pa.string())),
        ("id", pa.array(range(COUNT))),
        ("row", pa.array([-1] * COUNT)),
        ("row", pa.array(["0"] * COUNT)),
        ("gender", pa.array([["a"]] * COUNT)),
        ("caption", None),
    ],
    ids=["nulls", "numbers", "negative rows", "rows in words", "lists", "missing"],
)
def test_columns_of_another_kind_are_refused(index, column, values):
    with pa.memory_map(str(index / "products.arrow")) as source:
        table = pa.ipc.open_file(source).read_all()
    place = table.schema.get_field_index(column)
    table = (
        table.drop_columns([column]) if values is None else table.set_column(place, column, values)
    )
    (index / "products.arrow").unlink()  # mapped still
    sink = str(index / "products.arrow")
    with pa.OSFile(sink, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    refused(index)


def faiss_file(folder, what="images"):
    return str(next(folder.glob(f"*_{what}_*.faiss")))


@pytest.mark.parametrize("kind", ["longer", "fewer", "other metric", "NaN", "long", "other kind"])
def test_other_vectors_than_those_told_of_are_refused(index, kind):
    opened = SearchIndex.open(index)
    vectors = opened.images.vectors(np.arange(COUNT)).copy()
    dimensions = vectors.shape[1]
    flat = faiss.IndexFlatIP(dimensions)
    if kind == "longer":
        flat, vectors = faiss.IndexFlatIP(dimensions + 1), np.pad(vectors, ((0, 0), (0, 1)))
    elif kind == "fewer":
        vectors = vectors[:-1]
    elif kind == "other metric":
        flat = faiss.IndexFlatL2(dimensions)
    elif kind == "NaN":
        vectors[7, 3] = np.nan
    elif kind == "long":
        vectors[7] *= 1e30
    else:
        flat = faiss.IndexLSH(dimensions, 16)
    flat.add(vectors)
    del opened
    faiss.write_index(flat, faiss_file(index))
    refused(index)


LINKS = {
    "beyond the last": lambda hnsw: faiss.rev_swig_ptr(hnsw.neighbors.data(), 9).fill(COUNT),
    "far away": lambda hnsw: faiss.rev_swig_ptr(hnsw.neighbors.data(), 9).fill(2**31 - 1),
    "negative": lambda hnsw: faiss.rev_swig_ptr(hnsw.neighbors.data(), 9).fill(-2),
    "lists": lambda hnsw: faiss.rev_swig_ptr(hnsw.offsets.data(), COUNT)[5:].fill(10**9),
    "levels": lambda hnsw: faiss.rev_swig_ptr(hnsw.levels.data(), COUNT)[5:].fill(99),
    "no level": lambda hnsw: faiss.rev_swig_ptr(hnsw.levels.data(), COUNT)[5:].fill(0),
    "entry": lambda hnsw: setattr(hnsw, "entry_point", COUNT + 5),
    "top": lambda hnsw: setattr(hnsw, "max_level", 7),
    "breadth": lambda hnsw: setattr(hnsw, "efSearch", -1),
}


@pytest.mark.parametrize("built", ["approximate"], indirect=True)
@pytest.mark.parametrize("harm", list(LINKS))
def test_a_graph_that_leads_out_of_its_vectors_is_refused(index, harm):
    """Walked, most of these end the process."""
    graph = faiss.read_index(faiss_file(index))
    LINKS[harm](graph.hnsw)
    faiss.write_index(graph, faiss_file(index))
    refused(index)


@pytest.mark.parametrize("built", ["approximate"], indirect=True)
def test_a_link_to_a_vector_that_is_not_on_its_level_is_refused(index):
    graph = faiss.read_index(faiss_file(index))
    levels = faiss.rev_swig_ptr(graph.hnsw.levels.data(), COUNT)
    offsets = faiss.rev_swig_ptr(graph.hnsw.offsets.data(), COUNT)
    links = faiss.rev_swig_ptr(graph.hnsw.neighbors.data(), graph.hnsw.neighbors.size())
    high, low = int(np.argmax(levels > 1)), int(np.argmax(levels == 1))
    links[int(offsets[high]) + graph.hnsw.cum_nneighbor_per_level.at(1)] = low
    faiss.write_index(graph, faiss_file(index))
    refused(index)
