"""Each kind of index against the plain matrix of cosines, and what the build refuses."""

import json

import numpy as np
import pytest

from shopclip.search import SearchEngine, SearchError
from shopclip.search.index.build import measure
from shopclip.search.index.faiss import ApproximateIndex, ExactIndex
from shopclip.search.index.opened import SearchIndex
from shopclip.search.index.protocol import IndexSettings, kind_of
from tests.search.shop import lay_out


def clustered(count, dimensions=24, clusters=40, seed=0):
    """L2-normalised float32 (count, dimensions) around a few centres."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(clusters, dimensions))
    vectors = centres[generator.integers(0, clusters, count)]
    vectors = vectors + 0.4 * generator.normal(size=vectors.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS, QUERIES = clustered(5000), clustered(40, seed=1)


class Masked:
    """As much of a Selection as an index looks at."""

    def __init__(self, mask):
        self.mask = mask


def recall(numbers, vectors, queries, mask=None):
    cosines = queries @ vectors.T
    if mask is not None:
        cosines[:, ~mask] = -np.inf
    best = np.argsort(-cosines, axis=1)[:, : numbers.shape[1]]
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(numbers, best, strict=True)])


@pytest.mark.parametrize("share", [None, 0.5, 0.01])
@pytest.mark.parametrize(
    ("kind", "least"), [("exact", 1.0), ("approximate", 0.97)], ids=["exact", "approximate"]
)
def test_an_index_finds_the_nearest_whole_filtered_and_memory_mapped(tmp_path, kind, least, share):
    settings, dimensions = IndexSettings(), VECTORS.shape[1]
    index = kind_of(kind).build_in(tmp_path, "index", VECTORS, settings)
    facts = {"dimensions": dimensions, "ef_search": settings.ef_search}
    opened = kind_of(kind).open_in(tmp_path, "index", len(VECTORS), facts)
    mask = None if share is None else np.random.default_rng(2).random(len(VECTORS)) < share
    for one in (index, opened):
        assert len(one) == len(VECTORS)
        similarities, numbers = one.search(QUERIES, 10, None if mask is None else Masked(mask))
        assert recall(numbers, VECTORS, QUERIES, mask) >= least
        assert mask is None or mask[numbers].all()
        expected = np.einsum("qd,qkd->qk", QUERIES, VECTORS[numbers])
        np.testing.assert_allclose(similarities, expected, atol=1e-5)
        assert (np.diff(similarities, axis=1) <= 1e-6).all()
        assert np.array_equal(one.vectors(np.array([7, 3])), VECTORS[[7, 3]])


@pytest.mark.parametrize(
    "build", [ExactIndex.build, lambda v: ApproximateIndex.build(v, IndexSettings())]
)
def test_places_that_no_vector_takes_are_marked(build):
    mask = np.zeros(len(VECTORS), bool)
    mask[[4, 400]] = True
    _, numbers = build(VECTORS).search(QUERIES[:1], 5, Masked(mask))
    assert sorted(numbers[0]) == [-1, -1, -1, 4, 400]


def test_recall_is_what_a_full_sort_says():
    rough = IndexSettings(kind="approximate", m=4, ef_construction=8, ef_search=4)
    index = ApproximateIndex.build(VECTORS, rough)
    measured = measure(index, VECTORS, QUERIES)
    _, numbers = index.search(QUERIES, 10)
    assert measured["queries"] == len(QUERIES)
    assert measured["recall"] == pytest.approx(recall(numbers, VECTORS, QUERIES), abs=1e-4)
    assert measured["recall"] < 0.95
    assert measure(ExactIndex.build(VECTORS), VECTORS, QUERIES)["recall"] == 1


def test_equal_vectors_are_found_whichever_of_them_comes_first():
    twice = np.concatenate([VECTORS[:50]] * 40)  # every tenth nearest has forty equals
    assert measure(ExactIndex.build(twice[::-1].copy()), twice, QUERIES)["recall"] == 1


def test_an_approximate_index_is_one_word_of_settings_and_finds_what_the_exact_does(
    project, tmp_path
):
    lay_out(tmp_path, settings=IndexSettings(kind="approximate"))
    facts = json.loads((tmp_path / "data/07_model_output/tiny/index/index.json").read_text())
    assert facts["kind"] == "approximate"
    assert facts["recall"]["images"]["recall"] >= facts["recall"]["least"] == 0.95
    exact = SearchEngine.open(project, pair="tiny").search("a red shirt", k=10)
    found = SearchEngine.open(tmp_path).search("a red shirt", k=10)
    assert len({hit.product.id for hit in exact} & {hit.product.id for hit in found}) >= 9


def test_a_recall_below_the_threshold_is_refused_and_the_old_index_stays(tmp_path, monkeypatch):
    lay_out(tmp_path)
    index = tmp_path / "data/07_model_output/tiny/index"
    before = sorted((file.name, file.read_bytes()) for file in index.iterdir())
    monkeypatch.setattr(
        "shopclip.search.index.build.measure", lambda *_: {"k": 10, "queries": 9, "recall": 0.8}
    )
    with pytest.raises(SearchError, match=r"finds 80\.0% of the exact.*index\.ef_search"):
        lay_out(tmp_path, settings=IndexSettings(kind="approximate"))
    assert sorted((file.name, file.read_bytes()) for file in index.iterdir()) == before
    assert [path.name for path in index.parent.iterdir()] == ["index"]


def test_a_rough_index_is_refused_by_its_measured_recall(tmp_path):
    rough = IndexSettings(kind="approximate", m=4, ef_construction=4, ef_search=1, min_recall=1.0)
    with pytest.raises(SearchError, match=r"expected at least 100\.0%"):
        lay_out(tmp_path, settings=rough)


@pytest.mark.parametrize("name", ["index.json", "products.arrow", "captions.arrow", "faiss"])
@pytest.mark.parametrize("harm", ["missing", "empty", "cut"])
def test_a_damaged_index_says_how_to_build_it_again(tmp_path, name, harm):
    lay_out(tmp_path)
    folder = tmp_path / "data/07_model_output/tiny/index"
    file = next(folder.glob(f"*{name}"))
    if harm == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 0 if harm == "empty" else 300])
    with pytest.raises(SearchError, match="kedro run --pipelines indexing"):
        SearchIndex.open(folder)
