"""The trained towers, asked by many threads at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from shopclip.search.towers import TorchTowers


@pytest.fixture
def towers(project):
    return TorchTowers(project / "data/06_models/tiny")


def test_every_thread_gets_its_own_answer(towers):
    texts = [[f"red {n}"] if n % 3 else [f"red {n}", f"blue {n} shirt"] for n in range(300)]
    alone = [towers.model.embed_captions(captions) for captions in texts]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(towers.embed_captions, texts))
    for answer, expected in zip(answers, alone, strict=True):
        np.testing.assert_allclose(answer, expected, atol=1e-6)


def test_texts_that_wait_are_embedded_together(towers, monkeypatch):
    sizes = []
    right = towers.model.embed_captions
    monkeypatch.setattr(
        towers.model, "embed_captions", lambda texts: sizes.append(len(texts)) or right(texts)
    )
    with ThreadPoolExecutor(8) as pool:
        towers._lock.acquire()
        asked = [pool.submit(towers.embed_captions, [f"cap {n}"]) for n in range(8)]
        while len(towers._waiting) < 8:
            pass
        towers._lock.release()
        assert len([one.result() for one in asked]) == 8
    assert sizes == [8]


def test_an_error_reaches_all_that_waited_and_the_next_query_works(towers, monkeypatch):
    def fails(texts):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(towers.model, "embed_captions", fails)
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(towers.embed_captions, ["cap"]) for _ in range(4)]
            for one in asked:
                with pytest.raises(RuntimeError, match="out of memory"):
                    one.result()
    assert towers.embed_captions(["cap"]).shape == (1, 16)
