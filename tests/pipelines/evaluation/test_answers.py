import numpy as np
import pandas as pd
import pytest

from shopclip.dualencoder.ranks import rank_both
from shopclip.dualencoder.retrieval_metrics import measure
from shopclip.pipelines.evaluation.answers import own_answers, same_caption_answers


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


CAPTIONS = np.array([4, 4, 7, 9, 9, 9, 2, 11, 12, 13, 4, 30])


def tables(seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, pd.DataFrame]]:
    """Embeddings of products of which some share a caption, and their ranks."""
    generator = np.random.default_rng(seed)
    of_caption = unit(generator.normal(size=(31, 3)))
    images, texts = unit(generator.normal(size=(len(CAPTIONS), 3))), of_caption[CAPTIONS]
    names = ("image_to_text", "text_to_image")
    return images, texts, {
        name: pd.DataFrame({**vars(ranks), "caption_id": CAPTIONS, "direction": name})
        for name, ranks in zip(names, rank_both(images, texts), strict=True)
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_same_caption_from_text_equals_ranking_the_images_for_each_caption(seed: int) -> None:
    images, texts, ranks = tables(seed)
    asked = same_caption_answers(ranks["text_to_image"])
    found = measure(asked.groups)
    for query, caption in enumerate(sorted(set(CAPTIONS.tolist()))):
        text = texts[np.flatnonzero(CAPTIONS == caption)[0]]
        right = (CAPTIONS == caption)[np.argsort(-(images @ text))]
        assert found["recall_at_5"][query] == pytest.approx(right[:5].sum() / right.sum())
        precisions = [right[: i + 1].mean() for i in np.flatnonzero(right[:10])]
        expected = sum(precisions) / min(right.sum(), 10)
        assert found["map_at_10"][query] == pytest.approx(expected)
    assert asked.captions.tolist() == sorted(set(CAPTIONS.tolist()))


@pytest.mark.parametrize("seed", range(5))
def test_same_caption_from_images_finds_all_its_texts_at_once(seed: int) -> None:
    images, texts, ranks = tables(seed)
    found = measure(same_caption_answers(ranks["image_to_text"]).groups)
    for query, image in enumerate(images):
        similarities = texts @ image
        right = CAPTIONS == CAPTIONS[query]
        better = int(np.sum(similarities > similarities[query] + 1e-6))
        assert found["hit_at_1"][query] == float(better == 0)
        expected = np.clip(5 - better, 0, right.sum()) / right.sum()
        assert found["recall_at_5"][query] == pytest.approx(expected)


def test_perfect_towers_reach_the_ceiling_and_constant_ones_have_chance() -> None:
    _, texts, _ = tables(0)
    apart = unit(np.eye(31, dtype=np.float32)[CAPTIONS])  # captions at right angles
    flat = np.tile(texts[:1], (len(CAPTIONS), 1))
    for embeddings, bound in ((apart, "at_best"), (flat, "by_chance")):
        for name, ranks in zip(
            ("image_to_text", "text_to_image"), rank_both(embeddings, embeddings), strict=True
        ):
            table = pd.DataFrame({**vars(ranks), "caption_id": CAPTIONS, "direction": name})
            for ask in (own_answers, same_caption_answers):
                asked = ask(table)
                expected = measure(getattr(asked, bound)())
                for metric, values in measure(asked.groups).items():
                    assert values.mean() == pytest.approx(expected[metric].mean()), metric


def test_one_in_three_products_of_a_caption_is_the_best_possible() -> None:
    _, _, ranks = tables(0)
    best = measure(own_answers(ranks["image_to_text"]).at_best())["recall_at_1"]
    assert best.sum() == pytest.approx(len(set(CAPTIONS.tolist())))
