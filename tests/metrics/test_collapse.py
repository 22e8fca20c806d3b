import math

import numpy as np
import pytest

from shopclip.metrics.collapse import explain, spread, stuck_at_chance


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_mean_cosine_equals_the_mean_over_all_pairs():
    rows = unit(np.random.default_rng(0).normal(size=(40, 8)) + 1)
    cosines = rows @ rows.T
    expected = cosines[~np.eye(40, dtype=bool)].mean()
    assert spread(rows).mean_cosine == pytest.approx(expected)


def test_effective_rank_equals_that_of_the_singular_values():
    rows = unit(np.random.default_rng(1).normal(size=(40, 8)) * np.arange(1, 9))
    shares = np.linalg.svd(rows, compute_uv=False)
    shares /= shares.sum()
    expected = math.exp(-(shares * np.log(shares)).sum())
    assert spread(rows).effective_rank == pytest.approx(expected)


def test_orthogonal_embeddings_use_every_dimension():
    found = spread(np.tile(np.eye(8), (4, 1)))
    assert found.effective_rank == pytest.approx(8)
    assert not found.collapsed


def test_one_point_and_one_line_have_collapsed():
    point = np.tile(unit(np.ones((1, 8))), (20, 1))
    assert spread(point).collapsed
    assert spread(point).effective_rank == pytest.approx(1)
    line = point * np.where(np.arange(20) % 2, 1, -1)[:, None]
    assert spread(line).collapsed


@pytest.mark.parametrize("chance", [math.log(64), 5.15])
def test_losses_near_that_of_chance_or_above_are_stuck(chance):
    assert stuck_at_chance(chance, chance)
    assert stuck_at_chance(0.99 * chance, chance)
    assert stuck_at_chance(2 * chance, chance)
    assert not stuck_at_chance(0.97 * chance, chance)


def signs(loss=1.0, image=(0.1, 9.0), text=(0.1, 9.0)):
    """Diagnostics of a pair with batches of 64."""
    return {
        "final_loss": loss,
        "chance_loss": math.log(64) if loss else None,
        "image_mean_cosine": image[0],
        "image_effective_rank": image[1],
        "text_mean_cosine": text[0],
        "text_effective_rank": text[1],
    }


def test_a_healthy_pair_has_nothing_to_explain():
    assert explain(signs()) == explain(signs(loss=None))
    assert explain(signs()).seen == explain(signs()).advice == ()


def test_a_loss_of_chance_alone_is_seen_and_asks_for_other_rates():
    found = explain(signs(loss=4.1))
    assert found.seen == ("the loss ended at 4.10 nats, where towers that see nothing have 4.16",)
    assert "learning rates" in found.advice[0]
    assert any("batch_size" in remedy for remedy in found.advice)
    assert not any("pooling" in remedy for remedy in found.advice)


@pytest.mark.parametrize(
    ("tower", "other", "pooling"),
    [("image", "text", "pooling: mean"), ("text", "image", "pooling: last")],
)
def test_a_tower_of_one_point_is_named_with_its_own_remedies(tower, other, pooling):
    found = explain(signs(**{tower: (0.9991, 1.12)}))
    assert found.seen == (
        f"the {tower} embeddings are one point (mean cosine 0.999, effective rank 1.1)",
    )
    advice = "; ".join(found.advice)
    assert f"{tower}_learning_rate" in advice
    assert f"{other}_learning_rate" not in advice
    assert pooling in advice
    assert "warmup" in advice
    assert "batch_size" not in advice


def test_a_line_asks_for_more_negatives():
    found = explain(signs(image=(0.02, 1.4)))
    assert "the image embeddings are one line" in found.seen[0]
    assert any("batch_size" in remedy for remedy in found.advice)


def test_all_signs_together_are_seen_and_no_remedy_is_said_twice():
    found = explain(signs(loss=4.2, image=(1.0, 1.0), text=(0.0, 1.9)))
    assert [clause.split(" (")[0] for clause in found.seen[1:]] == [
        "the image embeddings are one point",
        "the text embeddings are one line",
    ]
    assert found.seen[0].startswith("the loss ended at 4.20")
    assert len(set(found.advice)) == len(found.advice) == 6


def test_an_untrained_pair_is_told_to_train():
    found = explain(signs(loss=None, image=(0.99, 1.1)))
    assert len(found.seen) == 1
    assert found.advice == ("epochs above 0: the pair was not trained",)
