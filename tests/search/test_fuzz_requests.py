"""2,000 requests of every kind of nonsense against a real server: no 5xx, no hang, still alive."""

import base64
import json
import random
from collections import Counter

import httpx
import pytest

from tests.conftest import jpeg
from tests.search.serving import served
from tests.search.test_pictures import bomb

REQUESTS = 2000
WORDS = [
    "red",
    "",
    " ",
    "shirt",
    "\0",
    "\u202e",
    "🙂" * 50,
    "漢字",
    "x" * 499,
    "y" * 501,
    "z" * 100_000,
    "'; drop table --",
    "<script>alert(1)</script>",
    "../../etc/x",
    "%s%n",
    "{{7*7}}",
    "\ud800",
    "\uffff",
    "a\u0301" * 300,
]
NUMBERS = [
    0,
    1,
    -1,
    10,
    100,
    101,
    2**31,
    2**63,
    2**64,
    10**400,
    0.5,
    -0.0,
    1e308,
    1e-320,
    float("nan"),
    float("inf"),
    True,
    None,
    "10",
    [],
    {},
]
PATHS = [
    "/",
    "/docs",
    "/openapi.json",
    "/api/catalogue",
    "/api/image",
    "/api/search",
    "/api/similar",
    "/api/describe",
    "/page.js",
    "/nothing",
    "/api",
    "//",
    "/api/image/../search",
    "/%00",
    "/%ff%fe",
    "/api/search%2f",
    "/" + "a" * 5000,
]


def picture(chance):
    """Base64 of a picture, whole or broken, or of none."""
    whole = jpeg((chance.randrange(256),) * 3, (chance.randrange(1, 90), chance.randrange(1, 90)))
    broken = bytearray(whole)
    for _ in range(chance.randrange(1, 20)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    kinds = [
        whole,
        bytes(broken),
        whole[: chance.randrange(len(whole))],
        b"",
        b"text",
        bomb(chance.choice([1, 9000, 65_000, 2**31 - 1]), chance.choice([1, 9000, 65_000])),
        chance.randbytes(chance.randrange(3000)),
        b"GIF89a" + chance.randbytes(400),
        b"RIFF\xff\xff\xff\x7fWEBPVP8 " + chance.randbytes(90),
    ]
    text = base64.b64encode(chance.choice(kinds)).decode()
    return chance.choice(["", "", "data:image/png;base64,", "data:,", "data:"]) + text


def anything(chance, depth=0):
    """Any JSON value."""
    if depth > 3 or chance.random() < 0.5:
        return chance.choice([*WORDS, *NUMBERS])
    if chance.random() < 0.5:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(5))]
    return {chance.choice(WORDS): anything(chance, depth + 1) for _ in range(chance.randrange(5))}


def query(chance):
    """A query with each field present or not; two of three queries have sane fields alone."""
    sane = {
        "text": lambda: chance.choice(
            ["red", "blue shirt", "漢字", "'; drop table --", "\0", "%s"]
        ),
        "weight": chance.random,
        "k": lambda: chance.randrange(1, 101),
        "pair": lambda: chance.choice(["tiny", "other", None]),
        "where": lambda: chance.choice([{"gender": "Men"}, {"year": {"min": 2012}}, {}]),
    }
    insane = {
        "text": lambda: chance.choice(WORDS),
        "picture": lambda: picture(chance),
        "id": lambda: chance.choice(["p1", "p239", "nobody", "", *WORDS]),
        "weight": lambda: chance.choice(NUMBERS),
        "k": lambda: chance.choice(NUMBERS),
        "pair": lambda: chance.choice(["../tiny", *WORDS]),
        "where": lambda: chance.choice(
            [
                {"year": {"min": chance.choice(NUMBERS)}},
                {"gender": ["Men"] * chance.randrange(80)},
                {f"a{n}": 1 for n in range(40)},
                {"split": "train"},
                anything(chance),
            ]
        ),
        chance.choice(WORDS): lambda: anything(chance),
    }
    asked = {name: make() for name, make in sane.items() if chance.random() < 0.6}
    if chance.random() < 0.33:
        asked |= {name: make() for name, make in insane.items() if chance.random() < 0.3}
    return asked if chance.random() < 0.9 else {**asked, "picture": picture(chance)}


def body(chance):
    kind = chance.random()
    if kind < 0.75:
        return json.dumps(query(chance)).encode()
    if kind < 0.85:
        return json.dumps(anything(chance)).encode()
    if kind < 0.87:
        return b"[" * 200_000
    if kind < 0.88:
        return json.dumps({"text": "x" * 12_000_000}).encode()
    whole = json.dumps(query(chance)).encode()
    return whole[: chance.randrange(len(whole) + 1)] + chance.randbytes(chance.randrange(9))


def ask(client, chance):
    if chance.random() < 0.85:
        path = chance.choice(["/api/search", "/api/search", "/api/similar", "/api/describe"])
        kind = chance.choice(["application/json"] * 9 + ["text/plain", "multipart/form-data"])
        return client.post(path, content=body(chance), headers={"Content-Type": kind})
    method = chance.choice(["GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
    values = [word.encode("utf-8", "replace")[:2000].decode() for word in WORDS]
    parameters = {chance.choice(["id", "pair", "k"]): chance.choice(["p1", "tiny", *values])}
    return client.request(method, chance.choice(PATHS), params=parameters)


@pytest.mark.slow
def test_no_request_ends_in_a_5xx_or_never(project):
    chance = random.Random(20)
    statuses = Counter()
    with (
        served(project, "--pair", "tiny") as address,
        httpx.Client(base_url=address, timeout=10) as client,
    ):
        for number in range(REQUESTS):
            answer = ask(client, chance)  # a hang would raise after ten seconds
            statuses[answer.status_code] += 1
            assert answer.status_code < 500, (number, answer.request.url, answer.text[:300])
            if answer.content and "json" in answer.headers.get("content-type", ""):
                answer.json()
        hits = client.post("/api/search", json={"text": "red", "k": 10}).json()["hits"]
    assert len(hits) == 10
    assert statuses.total() == REQUESTS
    assert min(statuses[200], statuses[422]) > 100  # both sane and insane ones were among them
    assert statuses[413]
