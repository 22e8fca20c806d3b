import pytest

from shopclip.credentials import mask_all, mask_credentials


@pytest.mark.parametrize(("text", "masked"), [
    ("https://me:secret@milvus.example:19530", "https://***@milvus.example:19530"),
    ("postgresql://user:p%40ss@db/mlflow: no answer", "postgresql://***@db/mlflow: no answer"),
    ("http://host/?token=abc&x=1", "http://host/?token=***&x=1"),
    ("index.uri=http://h;api_key=k", "index.uri=http://h;api_key=***"),
    ("https://host/path/a@b", "https://host/path/a@b"),
    ("data/07_model_output/milvus.db", "data/07_model_output/milvus.db"),
    ("a token of esteem", "a token of esteem"),
])  # fmt: skip
def test_secrets_of_addresses_are_asterisks(text, masked):
    assert mask_credentials(text) == masked


def test_parameters_are_masked_however_deep_they_lie():
    given = {"index": {"uri": "http://a:b@c", "m": 32}, "pairs": ["http://a:b@c", None, 2.5]}
    assert mask_all(given) == {
        "index": {"uri": "http://***@c", "m": 32}, "pairs": ["http://***@c", None, 2.5]
    }  # fmt: skip
