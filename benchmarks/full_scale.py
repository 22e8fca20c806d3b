"""Train the three pairs from scratch at full size on the whole catalogue, and say what came of it.

    PYTHONPATH=src python benchmarks/full_scale.py --catalogue ../fashion-product-images-small \
        --output ../full_scale --epochs 5 30 --peak-tflops 989

It needs torch, transformers, numpy, pandas, pyarrow, pillow, pydantic and jaxtyping, but no Kedro.
A tenth of the captions, and all that a public benchmark asks for, is kept out of training. A run
that was cut resumes when it is started again with the same output folder, in which it leaves
`full_scale.json` and `full_scale.md`. With --small it trains the small pairs of conf/base, which
two CPU cores can do: add --limit 500.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import transformers

from full_scale_scores import count_flops, score, speed
from full_scale_table import table
from full_scale_towers import SEEN, full_pairs
from shopclip.catalogue import open_catalogue
from shopclip.dualencoder import CheckpointManager, Recipe, choose_device, fit
from shopclip.files.image_store import ImageStore
from shopclip.tables.ground_truth import Benchmark
from shopclip.tables.splits import of_benchmark, split
from training_data import examples_of, join, read_products, store_images
from training_towers import Pair, small_pairs

SMALL = (64, 48)  # height and width that the small towers see


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--store", type=Path, help="image store; made there if it is missing")
    parser.add_argument("--states", type=Path, help="folder of what a cut run resumes from")
    parser.add_argument("--benchmark", type=Path, help="ground truth, {caption: {id: 1}}")
    parser.add_argument("--epochs", type=int, nargs="+", default=[5, 30], help="a training each")
    parser.add_argument("--pairs", nargs="+", choices=list(full_pairs(300)))
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--limit", type=int, help="products, drawn at random")
    parser.add_argument("--held-out", type=float, default=0.1, help="share of the captions")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--micro-batch", type=int, help="examples a forward pass, to save memory")
    parser.add_argument("--precision", choices=["fp32", "bf16", "fp16"], default="bf16")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--vocab-size", type=int, default=4000, help="most tokens of a tokenizer")
    parser.add_argument("--text-rate", type=float, help="peak learning rate of all text encoders")
    parser.add_argument("--image-rate", type=float, help="the same of all image encoders")
    parser.add_argument("--warmup", type=float, default=0.1, help="share of the steps")
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--peak-tflops", type=float, help="989 for an H100 in dense bf16")
    parser.add_argument("--state-seconds", type=float, default=300, help="between two states")
    return parser.parse_args(arguments)


def main() -> None:
    options = parse()
    options.output.mkdir(parents=True, exist_ok=True)
    products, store = prepare(options)
    benchmark = Benchmark.read(options.benchmark) if options.benchmark else None
    kept_out = split(products["key"], options.held_out, 0.0, 0) == "held_out"
    if benchmark:
        kept_out |= of_benchmark(products["id"], products["key"], benchmark)
    pairs = small_pairs() if options.small else full_pairs(options.vocab_size)
    results = facts(options, products, kept_out)
    for epochs in options.epochs:
        for name in options.pairs or pairs:
            run = train(name, pairs[name], epochs, products, kept_out, store, benchmark, options)
            results["runs"].append(run)
            write(results, options.output)  # after every run, for one of them may be the last
    print(table(results))


def prepare(options: argparse.Namespace) -> tuple[pd.DataFrame, ImageStore]:
    """The products with a picture, and the store that holds these pictures."""
    catalogue = open_catalogue(options.catalogue)
    products = read_products(catalogue, options.limit)
    folder = options.store or options.output / "image_store"
    if (folder / "image_store.json").is_file():
        store = ImageStore.load(folder)
        if products["id"].isin(store.ids).mean() > 0.9:  # few pictures cannot be read
            return join(products, store), store
    store = store_images(catalogue, products, folder)
    return join(products, store), store


def train(
    name: str,
    pair: Pair,
    epochs: int,
    products: pd.DataFrame,
    kept_out: np.ndarray,
    store: ImageStore,
    benchmark: Benchmark | None,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """One training and all that is said of it."""
    recipe, size = recipe_of(pair, epochs, options), SMALL if options.small else SEEN
    device, examples = choose_device(options.device), examples_of(products[~kept_out], store)
    flops = count_flops(pair, examples, recipe, size, device)
    model = pair.build(examples, size, options.seed)
    states = (options.states or options.output / "states") / f"{name}_{epochs}"
    log = fit(
        model,
        examples,
        recipe,
        seed=options.seed,
        device=device,
        checkpoint_manager=CheckpointManager(states, seconds=options.state_seconds),
        title=f"{name}, {epochs} epochs",
    )
    peak = options.peak_tflops * 1e12 if options.peak_tflops else None
    sizes = {
        side: sum(weights.numel() for weights in tower.parameters())
        for side, tower in (("text", model.text), ("image", model.image))
    }
    return {
        "pair": name,
        "epochs": epochs,
        "parameters": sizes,
        "final_loss": log.epochs[-1].loss,
        "chance_loss": log.epochs[-1].chance_loss,
        **speed(log, min(recipe.batch_size, len(examples)), flops, peak),
        **score(model, products, kept_out, store, options.precision, benchmark),
        "recipe": asdict(recipe),
    }


def recipe_of(pair: Pair, epochs: int, options: argparse.Namespace) -> Recipe:
    """The pair's own rates, unless the command line has others, and what all pairs share."""
    rates = {"text_learning_rate": options.text_rate, "image_learning_rate": options.image_rate}
    asked = {name: rate for name, rate in rates.items() if rate is not None}
    usual = {"text_learning_rate": 1e-3, "image_learning_rate": 1e-3}
    shared = {
        name: getattr(options, name)
        for name in ("batch_size", "micro_batch", "precision", "compile", "warmup", "weight_decay")
    }
    return Recipe(epochs=epochs, **{**usual, **pair.recipe, **asked}, **shared)


def facts(
    options: argparse.Namespace, products: pd.DataFrame, kept_out: np.ndarray
) -> dict[str, Any]:
    """What the numbers depend on."""
    device = choose_device(options.device)
    named = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    return {
        "device": named,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "catalogue": options.catalogue.name,
        "products": len(products),
        "trained_on": int((~kept_out).sum()),
        "kept_out": int(kept_out.sum()),
        "size": SMALL if options.small else SEEN,
        "small": options.small,
        "seed": options.seed,
        "vocab_size": options.vocab_size,
        "peak_tflops": options.peak_tflops,
        "runs": [],
    }


def write(results: dict[str, Any], folder: Path) -> None:
    (folder / "full_scale.json").write_text(json.dumps(results, indent=2) + "\n")
    (folder / "full_scale.md").write_text(table(results) + "\n")


if __name__ == "__main__":
    main()
