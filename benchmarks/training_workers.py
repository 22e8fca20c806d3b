"""Training by one worker on one core, and by two on two: images a second, and the losses.

python benchmarks/training_workers.py     # → benchmarks/results/training_workers.json
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from shopclip.catalogue import open_catalogue
from shopclip.dualencoder import Examples, Recipe, TrainingLog
from shopclip.dualencoder.parallel import job as jobs
from shopclip.dualencoder.parallel.launch import fit_on_workers
from shopclip.dualencoder.parallel.workers import Workers
from shopclip.sample import draw_catalogue
from training_data import Shop
from training_rates import HEAD, Row, machine
from training_towers import Pair, small_pairs

RESULTS = Path(__file__).parent / "results" / "training_workers.json"
BAR = 1.6
DROPOUT = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "resid_pdrop",
    "embd_pdrop",
    "attn_pdrop",
)
SIZE = (64, 48)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", help="path of a catalogue; the sample by default")
    parser.add_argument("--products", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3, help="of which the best counts")
    options = parser.parse_args()
    recipe = Recipe(epochs=options.epochs, batch_size=options.batch)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        catalogue = open_catalogue(options.catalogue or draw_catalogue(folder / "sample"))
        examples, _ = Shop.read(catalogue, folder / "store", options.products).examples()
        rows = [
            compare(name, without_dropout(pair), examples, recipe, options.rounds)
            for name, pair in small_pairs().items()
        ]
    print(HEAD, *(row.line() for row in rows), sep="\n")
    facts = {"catalogue": catalogue.name, **vars(options), **machine(torch.device("cpu"))}
    measured = {"facts": facts, "rows": [row.described() for row in rows]}
    RESULTS.write_text(json.dumps(measured, indent=1, default=str) + "\n")


def compare(name: str, pair: Pair, examples: Examples, recipe: Recipe, rounds: int) -> Row:
    """The best of some rounds in which both take their turn, and how far their losses part."""
    one, two = [], []
    for _ in range(rounds):
        one.append(by_one(pair, examples, recipe))
        two.append(by_two(pair, examples, recipe))
    losses = [np.array([step.loss for step in logs[0].steps]) for logs in (one, two)]
    apart = float(np.abs(losses[1] / losses[0] - 1).max())
    return Row(
        f"{name}, two workers over one",
        max(map(rate, two)),
        max(map(rate, one)),
        BAR,
        {"largest_difference_of_a_loss": apart, "last_losses": [float(a[-1]) for a in losses]},
    )


def rate(log: TrainingLog) -> float:
    """Images a second of a step, the median after the first epoch."""
    later = [step.images_per_second for step in log.steps if step.epoch]
    return float(np.median(later))


def by_one(pair: Pair, examples: Examples, recipe: Recipe) -> TrainingLog:
    """Trained by a process that has one core to itself."""
    model = pair.build(examples, SIZE)
    job = jobs.TrainingJob.of(recipe, {"title": "one"})
    with jobs.job_folder(None) as folder:
        job.write(folder, model, examples, None)
        alone = multiprocessing.get_context("spawn").Process(target=on_one_core, args=(folder,))
        alone.start()
        alone.join()
        return jobs.collect(folder, model)


def on_one_core(folder: Path) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    jobs.carry_out(folder, Workers())


def by_two(pair: Pair, examples: Examples, recipe: Recipe) -> TrainingLog:
    return fit_on_workers(pair.build(examples, SIZE), examples, recipe, count=2, title="two")


def without_dropout(pair: Pair) -> Pair:
    """So that both make the very same steps: every worker draws a dropout of its own."""
    off = {**pair.text.config, **dict.fromkeys(DROPOUT, 0.0)}
    return replace(pair, text=replace(pair.text, config=off))


if __name__ == "__main__":
    main()
