"""What two processes of one gloo group compute, for tests that compare it with one."""

import os
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as mp
from torch import nn

from shopclip.dualencoder import Recipe
from shopclip.dualencoder.learner import Learner
from shopclip.dualencoder.losses import LOSSES, contrast
from shopclip.dualencoder.parallel.batch_norm import share_batch_norms
from shopclip.dualencoder.parallel.process_group import joined
from shopclip.dualencoder.parallel.workers import Workers
from shopclip.dualencoder.temperature import Temperature
from tests.dualencoder.conftest import (
    BERT,
    GPT,
    RESNET,
    VIT,
    build,
    colours,
    labelled,
    still,
    varied,
)

ALONE = Workers()
RECIPES = {
    "plain": Recipe(epochs=2, batch_size=16, jitter=0.2),
    "siglip": Recipe(epochs=2, batch_size=16, loss="siglip"),
    "micro": Recipe(epochs=2, batch_size=16, micro_batch=3),
    "cached": Recipe(epochs=2, batch_size=16, image_mode="cached", text_mode="frozen"),
    "projections_first": Recipe(epochs=2, batch_size=16, projection_epochs=1, layer_decay=0.5),
    "attributes": Recipe(epochs=2, batch_size=16, attribute_weight=0.5),
    "muon": Recipe(epochs=2, batch_size=16, optimizer="muon"),
    "lora": Recipe(epochs=2, batch_size=16, text_mode="lora", image_mode="lora"),
    "mixed": Recipe(
        epochs=2, batch_size=16, text_mode="cached", image_mode="cached", latent_mixup=1.0
    ),
}


def gathered(workers):
    """A tensor of all workers and the gradient of this one's part by what all make of it."""
    own = torch.arange(6.0).reshape(2, 3) + 10 * workers.rank
    own.requires_grad_()
    together = workers.all_gather(own)
    weights = torch.arange(float(together.numel())).reshape(together.shape)
    (together * weights * (workers.rank + 1)).sum().backward()
    return together.detach(), own.grad


def normalised(workers):
    """Batch normalisation of a part: output, gradients, running statistics."""
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randn(8, 3, 5, 4, generator=generator) * 3 + 1
    weights = torch.randn(8, 3, 5, 4, generator=generator)
    part = workers.shard(8)
    own = part.of(pictures).clone().requires_grad_()
    model = nn.Sequential(nn.BatchNorm2d(3))
    model[0].weight.data = torch.tensor([1.0, 2.0, 0.5])
    share_batch_norms(model, workers)
    out = model(own)
    (out * part.of(weights)).sum().backward()
    workers.all_reduce_gradients(model)
    return out.detach(), own.grad, model[0].weight.grad, *model.state_dict().values()


def contrasted(workers, loss):
    """This worker's part of a loss, and the summed gradient of the temperature."""
    generator = torch.Generator().manual_seed(1)
    images, texts = (
        nn.functional.normalize(torch.randn(8, 4, generator=generator), dim=1) for _ in range(2)
    )
    ids = torch.tensor([0, 1, 2, 0, 3, 1, 4, 5])
    part, temperature = workers.shard(8), Temperature(0.1, -1.0)
    own = part.of(images).clone().requires_grad_()
    value = contrast(own, part.of(texts), ids, LOSSES[loss], temperature, workers)
    value.backward()
    workers.all_reduce_gradients(temperature)
    return (
        torch.tensor(workers.all_reduce_number(value.item())),
        own.grad,
        temperature.log_scale.grad,
    )


def model_for(recipe):
    """A pair without dropout, before it is trained."""
    normalises = recipe in ("plain", "cached")  # over a batch, which micro-batches divide otherwise
    text, image = (still(BERT), RESNET) if normalises else (still(GPT), VIT)
    return build(text, image, loss=RECIPES[recipe].loss)


def trained(workers, recipe):
    """Weights after two epochs of a pair without dropout, and the losses of its steps."""
    model = model_for(recipe)
    examples = labelled(varied(colours()))
    learner = Learner(model, examples, RECIPES[recipe], workers=workers)
    losses = [
        learner.step(batch, number).loss
        for epoch in range(2)
        for number, batch in learner.batches(epoch * 4, epoch * 4 + 4)
    ]
    return torch.tensor(losses), *model.state_dict().values()


def everything(workers):
    results = {"gathered": gathered(workers), "normalised": normalised(workers)}
    results |= {loss: contrasted(workers, loss) for loss in LOSSES}
    results |= {f"trained_{recipe}": trained(workers, recipe) for recipe in RECIPES}
    decided = workers.broadcast(lambda: np.float64(workers.rank + 7))
    return results | {"decided": (torch.tensor(decided),)}


def run(folder):
    """`everything` by each of two workers, in the order of their ranks."""
    mp.spawn(_worker, (str(folder),), nprocs=2)
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


def _worker(rank, folder):
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "localhost",
        "MASTER_PORT": (Path(folder) / "port").read_text(),
    }
    with joined("cpu") as workers:
        torch.save(everything(workers), f"{folder}/{rank}.pt")
