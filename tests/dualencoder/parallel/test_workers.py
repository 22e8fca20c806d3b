"""Two workers make what one makes, to rounding."""

import socket

import pytest
import torch

from shopclip.dualencoder.losses import LOSSES
from shopclip.dualencoder.parallel.batch_norm import SharedBatchNorm2d, share_batch_norms
from shopclip.dualencoder.parallel.workers import BatchShard, Workers
from tests.dualencoder.conftest import BERT, RESNET, build
from tests.dualencoder.parallel import two_workers
from tests.dualencoder.parallel.two_workers import ALONE, RECIPES


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        (folder / "port").write_text(str(free.getsockname()[1]))
    return two_workers.run(folder)


def close(some, others, **tolerance):
    for one, other in zip(some, others, strict=True):
        torch.testing.assert_close(one, other, **tolerance)


def test_the_parts_of_a_batch_are_all_of_it_in_order():
    batch = list(range(12))
    parts = [Workers(rank, 3).shard(12) for rank in range(3)]
    assert [row for part in parts for row in part.of(batch)] == batch
    assert BatchShard.whole(12).of(batch) == batch


def test_gathering_has_the_gradient_of_what_every_worker_makes_of_it(both):
    for rank, results in enumerate(both):
        together, gradient = results["gathered"]
        assert together[:, 0].tolist() == [0, 3, 10, 13]
        # Each multiplies by its weights, the second one by twice as much: three times in all.
        assert gradient.tolist() == (3 * torch.arange(12.0).reshape(4, 3)[2 * rank :][:2]).tolist()


def test_all_decide_as_the_first_does(both):
    assert [results["decided"][0].item() for results in both] == [7, 7]


def test_batch_normalisation_is_that_of_the_whole_batch(both):
    output, gradient, *rest = two_workers.normalised(ALONE)
    close([torch.cat([results["normalised"][0] for results in both])], [output])
    close([torch.cat([results["normalised"][1] for results in both])], [gradient])
    for results in both:
        close(results["normalised"][2:], rest)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_parts_of_a_loss_add_up_to_it_and_so_do_their_gradients(loss, both):
    value, gradient, temperature = two_workers.contrasted(ALONE, loss)
    close([torch.cat([results[loss][1] for results in both])], [gradient])
    for results in both:
        close([results[loss][0], results[loss][2]], [value, temperature])


@pytest.mark.parametrize("recipe", sorted(RECIPES.keys() - {"muon"}))
def test_a_training_ends_with_the_weights_of_one_worker(recipe, both):
    alone = two_workers.trained(ALONE, recipe)
    for results in both:
        close(results[f"trained_{recipe}"], alone, rtol=1e-3, atol=2e-5)


def test_muon_moves_the_weights_as_one_worker_does_but_for_its_half_precision(both):
    """It orthogonalizes in bf16, which makes 2^-8 of a gradient's last bit."""
    losses, *alone = two_workers.trained(ALONE, "muon")
    before = two_workers.model_for("muon").state_dict().values()
    moved = distance(alone, before)
    for results in both:
        of_two, *weights = results["trained_muon"]
        close([of_two], [losses], rtol=1e-3, atol=2e-5)
        assert distance(weights, alone) < 0.05 * moved


def distance(some, others):
    """Euclidean, over all weights together."""
    squares = (
        (one.double() - other.double()).square().sum()
        for one, other in zip(some, others, strict=True)
    )
    return float(sum(squares)) ** 0.5


@pytest.mark.parametrize("recipe", RECIPES)
def test_all_workers_end_with_the_same_bits(recipe, both):
    first, second = (results[f"trained_{recipe}"] for results in both)
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_shared_batch_norms_keep_the_very_parameters_and_are_plain_in_evaluation():
    model = build(BERT, RESNET)
    before, names = dict(model.named_parameters()), list(model.state_dict())
    pictures = torch.randint(256, (4, 24, 16, 3), dtype=torch.uint8)
    expected = model.eval().image(pictures)
    share_batch_norms(model, Workers(0, 2))
    assert any(isinstance(part, SharedBatchNorm2d) for part in model.modules())
    assert all(before[name] is parameter for name, parameter in model.named_parameters())
    assert list(model.state_dict()) == names
    assert torch.equal(model.eval().image(pictures), expected)


def test_one_alone_keeps_the_batch_norms_of_torch():
    model = build(BERT, RESNET)
    share_batch_norms(model, ALONE)
    assert not any(isinstance(part, SharedBatchNorm2d) for part in model.modules())
