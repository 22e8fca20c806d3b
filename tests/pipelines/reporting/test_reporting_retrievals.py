import numpy as np

from shopclip.pipelines.reporting.retrievals import (
    CAPTIONS,
    PICTURES,
    TALLEST,
    data_uri,
    retrieved_for,
)


def test_every_pair_answers_every_caption(evidence):
    queries = retrieved_for(evidence.retrievals, evidence.examples)
    assert [query.caption for query in queries] == ["Caption 0", "Caption 1"]
    assert [query.own for query in queries] == [0, 1]
    for query in queries:
        assert list(query.retrieved) == ["bert_resnet", "bert_vit", "gpt_vit"]
    found = queries[1].retrieved["bert_vit"]  # starts with the second product
    assert [picture.row for picture in found] == [1, 2, 3]
    assert [picture.hit for picture in found] == [True, False, False]
    assert found[1].caption == "Caption 2"


def test_a_page_holds_no_more_than_it_can(evidence):
    table = evidence.retrievals["bert_vit"].iloc[[0]]
    many = table.loc[table.index.repeat(400)].assign(
        query=np.repeat(np.arange(20), 20), place=np.tile(np.arange(20, 0, -1), 20)
    )
    queries = retrieved_for({"a": many}, evidence.examples)
    assert len(queries) == CAPTIONS
    assert [picture.position for picture in queries[0].retrieved["a"]] == list(
        range(1, PICTURES + 1)
    )


def test_large_pictures_shrink_on_their_way_into_the_page():
    import base64
    import io

    from PIL import Image

    uri = data_uri(np.full((1024, 512, 3), 200, np.uint8))
    kind, encoded = uri.split(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(encoded))).size == (TALLEST // 2, TALLEST)
