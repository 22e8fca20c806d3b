"""Every answer is held against the plain matrix of cosines."""

import io

import numpy as np
import pytest
from PIL import Image

from shopclip.dualencoder import DualEncoder
from shopclip.files.image_store import ImageStore
from shopclip.search import NotFoundError, QueryError, SearchEngine, SearchError
from tests.search.shop import SIZE, example_table, lay_out, pixels_of

EXAMPLES = example_table()


@pytest.fixture(scope="module")
def model(project):
    return DualEncoder.load(project / "data/06_models/tiny")


@pytest.fixture(scope="module")
def vectors(project, model):
    store = ImageStore.load(project / "data/05_model_input/image_store")
    return model.embed_images(store.images, EXAMPLES["row"].to_numpy())


def naive(vectors, query, k, mask=None):
    """Ids and cosines of the nearest, by a full sort."""
    cosines = (vectors @ query.ravel()).astype(float)
    if mask is not None:
        cosines[~mask] = -np.inf
    order = np.argsort(-cosines, kind="stable")[:k]
    return cosines[order]


def check(hits, vectors, query, mask=None):
    """The cosines are those of the full sort, and each belongs to its product."""
    expected = naive(vectors, query, len(hits), mask)
    found = [EXAMPLES.index[EXAMPLES["id"] == hit.product.id][0] for hit in hits]
    assert len(set(found)) == len(hits)
    cosines = [hit.similarity for hit in hits]
    np.testing.assert_allclose(cosines, expected, atol=2e-6)
    np.testing.assert_allclose(cosines, vectors[found] @ query.ravel(), atol=2e-6)
    if mask is not None:
        assert mask[found].all()


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def test_text_finds_the_nearest_pictures(engine, model, vectors):
    hits = engine.search("a red shirt", k=25)
    assert len(hits) == 25
    check(hits, vectors, model.embed_captions(["a red shirt"]))


def test_a_product_is_told_with_the_attributes_that_are_known(engine):
    found = {hit.product.id: hit.product for hit in engine.search("shirt", k=100)}
    assert len(found) == 100
    for id_, product in found.items():
        row = EXAMPLES.set_index("id").loc[id_]
        assert product.caption == row["caption"]
        known = row.drop(["row", "caption_id", "split", "caption"]).dropna().to_dict()
        assert product.attributes == known


@pytest.mark.parametrize("kind", ["array", "bytes", "path"])
def test_a_picture_finds_the_nearest_pictures(engine, model, vectors, tmp_path, kind):
    pixels = pixels_of(EXAMPLES)[5]
    (tmp_path / "p.png").write_bytes(png(pixels))
    given = {"array": pixels, "bytes": png(pixels), "path": tmp_path / "p.png"}[kind]
    hits = engine.search(image=given, k=10)
    check(hits, vectors, model.embed_images(pixels[None]))
    assert hits[0].product.id == EXAMPLES["id"][EXAMPLES["row"] == 5].item()
    assert hits[0].similarity == pytest.approx(1)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_text_and_picture_are_weighed(engine, model, vectors, weight):
    pixels = pixels_of(EXAMPLES)[8]
    mixed = weight * model.embed_captions(["blue"]) + (1 - weight) * model.embed_images(
        pixels[None]
    )
    hits = engine.search("blue", pixels, weight=weight, k=12)
    check(hits, vectors, mixed / np.linalg.norm(mixed))


@pytest.mark.parametrize(
    ("where", "mask"),
    [
        ({"gender": "women"}, EXAMPLES["gender"] == "Women"),
        ({"baseColour": ["Red", "blue"]}, EXAMPLES["baseColour"].isin(["Red", "Blue"])),
        ({"year": "2012"}, EXAMPLES["year"] == 2012),
        ({"year": {"min": 2011, "max": 2013}}, EXAMPLES["year"].between(2011, 2013)),
        ({"year": {"min": 2013}}, EXAMPLES["year"] >= 2013),
        (
            {"articleType": "Cap", "gender": "Men", "year": {"max": 2012}},
            (EXAMPLES["articleType"] == "Cap")
            & (EXAMPLES["gender"] == "Men")
            & (EXAMPLES["year"] <= 2012),
        ),
    ],
)
def test_a_filter_finds_the_nearest_of_those_that_fit(engine, model, vectors, where, mask):
    mask = mask.fillna(False).to_numpy(bool)
    hits = engine.search("grey shoe", where=where, k=100)
    assert len(hits) == min(100, mask.sum())
    check(hits, vectors, model.embed_captions(["grey shoe"]), mask)


def test_a_filter_that_nothing_fits_finds_nothing(engine):
    assert engine.search("shirt", where={"baseColour": "Red", "year": {"min": 3000}}) == []


def test_similar_leaves_the_product_itself_out(engine, vectors):
    hits = engine.similar("p7", 15)
    assert len(hits) == 15
    assert "p7" not in {hit.product.id for hit in hits}
    mask = np.arange(len(vectors)) != 7
    check(hits, vectors, vectors[7], mask)


def test_describe_tells_the_nearest_captions(engine, model):
    pixels = pixels_of(EXAMPLES)[3]
    captions = list(dict.fromkeys(EXAMPLES["caption"]))
    cosines = (model.embed_captions(captions) @ model.embed_images(pixels[None]).T).ravel()
    said = engine.describe(pixels, k=4)
    np.testing.assert_allclose([s for _, s in said.captions], np.sort(cosines)[::-1][:4], atol=2e-6)
    for caption, similarity in said.captions:
        assert cosines[captions.index(caption)] == pytest.approx(similarity, abs=2e-6)


def test_describe_knows_the_colour_of_a_flat_picture(engine):
    said = {
        one.name: one
        for one in engine.describe(np.full((*SIZE, 3), (40, 60, 220), "u1")).attributes
    }
    assert set(said) == {"gender", "articleType", "baseColour"}  # a year is no word
    assert said["baseColour"].values[0][0] == "Blue"
    assert said["baseColour"].values[0][1] > 0.9
    assert said["baseColour"].error < 0.1
    for one in said.values():
        scores = [score for _, score in one.values]
        assert scores == sorted(scores, reverse=True)
        assert 0 < sum(scores) <= 1.0002


def test_a_picture_is_that_of_its_product(engine):
    pixels = pixels_of(EXAMPLES)
    for number in (0, 17, 239):
        row = EXAMPLES["row"][number]
        assert np.array_equal(engine.picture(f"p{number}"), pixels[row])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "empty query"),
        ({"text": "  \n "}, "empty query"),
        ({"text": "x" * 501}, "501 characters"),
        ({"text": "\ud800"}, "surrogate"),
        ({"text": "a", "k": 0}, "from 1 to 100"),
        ({"text": "a", "k": 101}, "from 1 to 100"),
        ({"text": "a", "image": b"no picture"}, "not a readable picture"),
        ({"image": np.zeros((4, 4), "u1")}, "expected uint8"),
        ({"image": pixels_of(EXAMPLES)[0], "text": "a", "weight": 1.1}, "weight"),
        ({"image": pixels_of(EXAMPLES)[0], "text": "a", "weight": float("nan")}, "weight"),
        ({"text": "a", "where": {"split": "train"}}, "no attribute 'split'"),
        ({"text": "a", "where": {"gender": []}}, "from 1 to 64"),
        ({"text": "a", "where": {"gender": {"min": 1}}}, "is no number"),
        ({"text": "a", "where": {"year": {"least": 1}}}, "min and max"),
        ({"text": "a", "where": {"year": {"min": float("nan")}}}, "min and max"),
        ({"text": "a", "where": {f"a{i}": "x" for i in range(17)}}, "17 attributes"),
    ],
)
def test_a_query_that_cannot_be_answered_says_what_it_should_be(engine, query, message):
    with pytest.raises(QueryError, match=message):
        engine.search(**query)


@pytest.mark.parametrize(
    ("where", "notes"),
    [
        ({"gender": "Woman"}, ["no product has the gender 'Woman'; there are Women, Men"]),
        (
            {"year": 1850},
            ["no product has the year '1850'; there are 2010, 2011, 2012, 2013, 2014"],
        ),
        ({"year": "old", "gender": "Men"}, ["no product has the year 'old'; there are 2010"]),
    ],
)
def test_a_value_that_no_product_has_finds_nothing(engine, where, notes):
    assert engine.search("a", where=where) == []
    assert engine.similar("p1", where=where) == []
    said = engine.unknown_values(where)
    assert len(said) == len(notes)
    assert all(one.startswith(note) for one, note in zip(said, notes, strict=True))


def test_beside_values_that_there_are_an_unknown_one_changes_nothing(engine):
    where = {"gender": ["Woman", "men"], "year": {"min": 2012}}
    expected = engine.search("a", k=100, where={"gender": "Men", "year": {"min": 2012}})
    assert engine.search("a", k=100, where=where) == expected
    assert [note.split(";")[0] for note in engine.unknown_values(where)] == [
        "no product has the gender 'Woman'"
    ]
    assert engine.unknown_values({"gender": "women", "year": "2011"}) == []
    assert engine.unknown_values(None) == []


def test_of_many_unknown_values_the_first_are_told(engine):
    where = {"gender": [f"x{number}" for number in range(64)], "year": "y"}
    notes = engine.unknown_values(where)
    assert [note.split("'")[1] for note in notes[:-1]] == ["x0", "x1", "x2", "x3", "x4"]
    assert notes[-1] == "and 60 more"


def test_an_unknown_product_is_one_clear_error(engine):
    for ask in (engine.similar, engine.picture, engine.describe_product):
        with pytest.raises(NotFoundError, match="no product has the id 'nobody'"):
            ask("nobody")


def test_pictures_of_another_catalogue_are_refused(tmp_path):
    lay_out(tmp_path)
    from shopclip.files.image_store import ImageStream, write_image_store

    other = zip("abc", pixels_of(EXAMPLES)[:3], strict=True)
    write_image_store(tmp_path / "data/05_model_input/image_store", ImageStream(SIZE, other))
    with pytest.raises(SearchError, match="other pictures than those of the index"):
        SearchEngine.open(tmp_path)
