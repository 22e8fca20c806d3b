"""The JSON API as a program sees it."""

import base64
import io
import json
import shutil
import time

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from shopclip.search.errors import MAX_BYTES
from shopclip.search.server.app import create_app
from shopclip.search.server.engines import Engines
from shopclip.search.server.guard import MAX_BODY
from shopclip.search.server.picture_lane import PictureLane
from tests.conftest import jpeg
from tests.search.shop import example_table
from tests.search.test_pictures import bomb

EXAMPLES = example_table()


@pytest.fixture(scope="module")
def client(project):
    app = create_app(Engines(project, pair="tiny"))
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def encoded(content):
    return base64.b64encode(content).decode()


def hits_of(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["hits"]


def problem(answer, status=422):
    """The one message of an answer that refuses."""
    assert answer.status_code == status
    told = answer.json()
    assert list(told) == ["error"]
    return told["error"]


def test_search_answers_what_the_engine_does(client, engine):
    where = {"gender": "Women", "year": {"min": 2011}}
    asked = {"text": "a red shirt", "k": 7, "where": where}
    expected = engine.search("a red shirt", k=7, where=where)
    answer = client.post("/api/search", json=asked)
    assert answer.json()["pair"] == "tiny"
    assert [hit["id"] for hit in hits_of(answer)] == [hit.product.id for hit in expected]
    assert hits_of(answer)[0] == {"similarity": expected[0].similarity, **vars(expected[0].product)}


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
def test_a_picture_goes_in_as_base64(client, engine, prefix):
    picture = jpeg("green", (120, 160))
    answer = client.post("/api/search", json={"picture": prefix + encoded(picture), "k": 5})
    expected = [hit.product.id for hit in engine.search(image=picture, k=5)]
    assert [hit["id"] for hit in hits_of(answer)] == expected


def test_like_this_but_in_other_words(client, engine):
    answer = client.post("/api/search", json={"id": "p4", "text": "red", "weight": 0.4})
    expected = engine.search("red", engine.picture("p4"), weight=0.4)
    assert [hit["id"] for hit in hits_of(answer)] == [hit.product.id for hit in expected]


def test_similar_and_describe_answer_for_a_product(client, engine):
    hits = hits_of(client.post("/api/similar", json={"id": "p4", "k": 3}))
    assert [hit["id"] for hit in hits] == [hit.product.id for hit in engine.similar("p4", 3)]
    said = client.post("/api/describe", json={"id": "p4"}).json()
    expected = engine.describe_product("p4")
    assert [(c["caption"], c["similarity"]) for c in said["captions"]] == expected.captions
    assert [a["name"] for a in said["attributes"]] == [a.name for a in expected.attributes]


def test_another_pair_answers_when_asked(client):
    one, other = (
        hits_of(client.post("/api/search", json={"text": "cap", "pair": pair, "k": 30}))
        for pair in ("tiny", "other")
    )
    assert [hit["similarity"] for hit in one] != [hit["similarity"] for hit in other]


def test_the_catalogue_tells_what_can_be_asked(client):
    told = client.get("/api/catalogue").json()
    assert told["pairs"] == ["other", "tiny"]
    assert told["pair"] == "tiny"
    assert told["products"] == len(EXAMPLES)
    assert told["filters"] == {
        "gender": ["Men", "Women"],
        "articleType": ["Cap", "Shirt", "Shoe"],
        "baseColour": ["Blue", "Green", "Grey", "Red"],
        "year": [2010, 2011, 2012, 2013, 2014],
    }
    assert set(told["examples"]) <= set(EXAMPLES["caption"])
    assert len(told["examples"]) == 6


def test_a_picture_is_served_by_id_alone(client, engine):
    answer = client.get("/api/image", params={"id": "p12"})
    assert answer.headers["content-type"] == "image/jpeg"
    sent = np.asarray(Image.open(io.BytesIO(answer.content))).astype(int)
    assert np.abs(sent - engine.picture("p12")).mean() < 12  # JPEG of noise


@pytest.mark.parametrize(
    "id_", ["../../../etc/passwd", "/etc/passwd", "p1/../p2", "p1\0", "..", "%2e%2e%2f", "C:\\x"]
)
def test_no_id_reaches_a_file(client, id_):
    answer = client.get("/api/image", params={"id": id_})
    assert "no product has the id" in problem(answer, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/api/image/p1",
        "/../../etc/passwd",
        "/page/index.html",
        "/static/x",
        "/%2e%2e/%2e%2e/etc/x",
        "/page.js/../../engine.py",
        "/file=/etc/passwd",
    ],
)
def test_no_address_reaches_a_file(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("search", {}, "empty query"),
        ("search", {"text": "x" * 501}, "text: String should have at most 500"),
        ("search", {"text": "a", "k": 101}, "k: Input should be less than or equal to 100"),
        ("search", {"text": "a", "kk": 1}, "kk: Extra inputs are not permitted"),
        ("search", {"text": "a", "weight": 2}, "weight"),
        ("search", {"text": "a", "where": {"size": "XL"}}, "no attribute 'size'"),
        ("search", {"text": "a", "where": {"year": {"min": "x"}}}, "year"),
        ("search", {"picture": "no base64!"}, "no base64"),
        ("search", {"picture": encoded(b"a text file")}, "not a readable picture"),
        ("search", {"picture": encoded(bomb(60_000, 60_000))}, "too many pixels"),
        ("search", {"picture": encoded(jpeg("red")), "id": "p1"}, "either a picture or the id"),
        ("search", [1, 2], "valid dictionary"),
        ("describe", {}, "empty query"),
        ("describe", {"id": 5}, "id: Input should be a valid string"),
    ],
)
def test_a_bad_query_is_one_message(client, path, query, message):
    assert message in problem(client.post(f"/api/{path}", json=query))


@pytest.mark.parametrize("path", ["search", "similar", "describe"])
def test_an_unknown_product_is_not_found(client, path):
    answer = client.post(f"/api/{path}", json={"id": "nobody"})
    assert problem(answer, 404) == "no product has the id 'nobody'; take one from a result"


def test_an_unknown_pair_is_not_found(client):
    answer = client.post("/api/search", json={"text": "a", "pair": "bert_nothing"})
    assert problem(answer, 404) == "no pair 'bert_nothing'; there are other, tiny"


def test_a_value_that_no_product_has_finds_nothing_and_says_what_there_is(client):
    asked = {"text": "a", "where": {"gender": "Womens"}}
    told = client.post("/api/search", json=asked).json()
    assert told == {
        "pair": "tiny",
        "hits": [],
        "notes": ["no product has the gender 'Womens'; there are Women, Men"],
    }
    asked = {"id": "p1", "where": {"gender": ["Womens", "Men"]}}
    told = client.post("/api/similar", json=asked).json()
    assert {hit["attributes"]["gender"] for hit in told["hits"]} == {"Men"}
    assert len(told["notes"]) == 1


def test_browsing_shows_products_of_all_the_catalogue_with_counts(client, engine):
    told = client.post("/api/browse", json={"k": 5}).json()
    assert [one["id"] for one in told["products"]] == ["p0", "p48", "p96", "p144", "p192"]
    gender = EXAMPLES["gender"].value_counts()
    assert told["facets"]["gender"] == [
        {"value": value, "count": gender[value]} for value in ("Men", "Women")
    ]
    where = {"gender": "Women", "baseColour": "Mauve"}
    told = client.post("/api/browse", json={"where": where}).json()
    assert told["products"] == []
    assert told["notes"] == engine.unknown_values(where)
    assert {one["count"] for one in told["facets"]["gender"]} == {0}
    assert sum(one["count"] for one in told["facets"]["baseColour"]) == gender["Women"]


def test_a_product_is_told_by_its_id(client, engine):
    told = client.get("/api/product", params={"id": "p7"}).json()
    assert told == vars(engine.product("p7"))
    assert "gender" not in told["attributes"]  # that of each seventh is unknown
    assert "no product has the id" in problem(client.get("/api/product?id=nobody"), 404)


def test_the_documented_examples_find_something_in_this_catalogue(client):
    document = client.get("/openapi.json").json()
    asked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            given = {one["name"]: one["example"] for one in operation.get("parameters", [])}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            answer = client.request(
                method, path, params=given, json=body["example"] if body else None
            )
            assert answer.status_code == 200, (path, answer.text)
            if "hits" in answer.text:
                assert answer.json()["hits"], path
                assert answer.json()["notes"] == [], path
            asked += 1
    assert asked == 7


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"text": "\\ud800"}',
        b'{"text": "a", "weight": NaN}',
        b'{"text": "a", "weight": 1e999}',
        b'{"text": "a", "\\ud800": 1}',
        b"[" * 100_000,
        b'{"text": "a", "k": ' + b"9" * 5000 + b"}",
        b'{"where": ' + b'{"a":' * 5000,
    ],
)
def test_what_is_hardly_json_is_refused(client, body):
    answer = client.post("/api/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert list(answer.json()) == ["error"]


def test_a_picture_at_the_limit_is_taken_and_a_larger_body_is_not(client):
    picture = jpeg("red") + b"\0" * (MAX_BYTES - len(jpeg("red")))
    assert hits_of(client.post("/api/search", json={"picture": encoded(picture)}))
    heavier = client.post("/api/search", json={"picture": encoded(picture + b"\0" * 2000)})
    assert "expected at most 8 MB" in problem(heavier) or "at most" in problem(heavier)
    answer = client.post("/api/search", content=b"x" * (MAX_BODY + 1))
    assert "larger than" in problem(answer, 413)


def test_a_body_of_unknown_length_is_counted_while_it_comes(client):
    sent = []

    def endless():
        for _ in range(400):
            sent.append(1)
            yield b"x" * 65536

    answer = client.post("/api/search", content=endless())
    assert "larger than" in problem(answer, 413)


def test_other_hosts_get_no_answer(client):
    for host in ("evil.example", "127.0.0.1.evil.example"):
        answer = client.get("/api/catalogue", headers={"Host": host})
        assert answer.status_code == 400


def test_every_answer_forbids_what_comes_from_elsewhere(client):
    for path in ("/", "/api/catalogue", "/docs", "/nothing"):
        policy = client.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; img-src 'self' data: blob:;")
        assert "http" not in policy


@pytest.mark.parametrize("path", ["/", "/page.js", "/page.css", "/docs"])
def test_page_and_documentation_name_no_other_address(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    for scheme in ("http://", "https://", 'src="//'):
        assert scheme not in answer.text


def test_the_documentation_shows_every_route(client):
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {
        "/api/catalogue",
        "/api/search",
        "/api/similar",
        "/api/browse",
        "/api/product",
        "/api/describe",
        "/api/image",
    }
    assert not any("{" in path for path in described["paths"])
    query = described["components"]["schemas"]["SearchQuery"]
    assert "text" in query["properties"]
    for asset in ("/docs/swagger.js", "/docs/swagger.css"):
        assert len(client.get(asset).content) > 50_000
    assert json.dumps("/openapi.json")[1:-1] in client.get("/docs").text


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({f"a{n}": 1 for n in range(300_000)}),
        json.dumps({"where": {f"a{n}": {} for n in range(4_000)}}),
        "[" + "1," * 1_000_000 + "1]",
        json.dumps({f"a{n}": 1 for n in range(21)}),
    ],
    ids=["many thousand fields", "conditions", "a list", "more fields than any query has"],
)
def test_what_a_body_holds_is_counted_before_it_is_validated(client, body):
    started = time.process_time()
    headers = {"Content-Type": "application/json"}
    told = problem(client.post("/api/search", content=body.encode(), headers=headers))
    assert "expected at most 20" in told or "commas and brackets" in told or "at most 16" in told
    assert time.process_time() - started < 1


def test_a_filter_of_the_largest_size_is_still_taken(client):
    """16 attributes of 64 values of 500 characters: refused for what it says, not for its size."""
    where = {f"a{n}": [f"{m:03}" + "x" * 497 for m in range(64)] for n in range(16)}
    told = problem(client.post("/api/search", json={"text": "a", "where": where}))
    assert "no attribute 'a0'" in told


def test_parameters_of_an_address_are_counted(client):
    assert "more than 50 parameters" in problem(client.get("/api/catalogue?" + "a=1&" * 4000))
    assert client.get("/api/catalogue?" + "&".join(["a=1"] * 50)).status_code == 200


def test_only_so_many_large_bodies_are_read_at_once(project, monkeypatch):
    monkeypatch.setattr("shopclip.search.server.guard.MAX_LARGE", 0)
    app = create_app(Engines(project, pair="tiny"))
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        large = client.post("/api/search", json={"picture": "a" * 100_000})
        assert "try again" in problem(large, 503)
        assert large.headers["retry-after"] == "2"
        assert hits_of(client.post("/api/search", json={"text": "red"}))


def test_a_query_with_a_picture_that_finds_no_place_is_told_to_come_again(project):
    lane = PictureLane(workers=1, waiting=-1)
    app = create_app(Engines(project, pair="tiny"), pictures=lane)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        busy = client.post("/api/describe", json={"picture": encoded(jpeg("red"))})
        assert "try again" in problem(busy, 503)
        assert busy.headers["retry-after"] == "2"
        assert hits_of(client.post("/api/search", json={"text": "red"}))


def test_no_answer_names_a_folder_of_the_machine(project, tmp_path, caplog):
    """A damaged pair, whose error names its files for whoever runs the server."""
    shutil.copytree(project, tmp_path / "secret_place")
    data = tmp_path / "secret_place" / "data"
    (data / "07_model_output/other/index/products.arrow").write_bytes(b"ARROW1")
    app = create_app(Engines(tmp_path / "secret_place", pair="tiny"))
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        answer = client.post("/api/search", json={"text": "a", "pair": "other"})
    assert "server's own log" in problem(answer, 503)
    assert "secret_place" in caplog.text
    assert "secret_place" not in answer.text
