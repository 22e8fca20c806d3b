"""What our training loop costs beside its own step, and beside the loops that others use.

    python benchmarks/training.py --catalogue ../fashion-product-images-small

Without `--catalogue` it takes the folder or file of SHOPCLIP_CATALOGUE, or draws the sample. Both
sides of a ratio have the same towers, weights, data and batch size, and take turns in one run; of
each, the best turn counts. It needs accelerate, without which transformers has no Trainer.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shopclip.catalogue import open_catalogue
from shopclip.dualencoder import Recipe, choose_device
from shopclip.sample import draw_catalogue
from shopclip.tables.splits import split
from training_data import STORED, Shop, examples_of
from training_rates import HEAD, Row, machine
from training_steps import SEEN, time_steps
from training_towers import middle_pairs, small_pairs
from training_trainer import time_trainer
from training_tutorial import time_tutorial

RESULTS = Path(__file__).parent / "results" / "training.json"
SMALL = (64, 48)  # height and width that the small towers see
SMALL_RECIPE = Recipe(
    batch_size=64, text_learning_rate=1e-3, image_learning_rate=1e-3, projection_learning_rate=1e-3
)
NOTES = {
    "end_to_end_over_bare_step": "store → augmentation → device → resize → step, as in `fit`; the "
    "bare step has pixel values and tokens of one batch in memory. The lower of the rows.",
    "cached_features_over_full_step": "frozen towers, features computed before, against the end to "
    "end step that trains both. The lower of the rows.",
    "over_tutorial_loop": "PIL and torchvision item by item, captions padded to 77, fp32, AdamW, "
    "as tutorials have it; the faster of 0 and 2 workers. bert_resnet in our faster precision.",
    "over_transformers_trainer": "as run_clip.py of transformers feeds it, captions padded to 128; "
    "both train to the end; the faster of 0 and 2 workers.",
}  # of the keys of the results


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--catalogue", default=os.environ.get("SHOPCLIP_CATALOGUE"))
    parser.add_argument("--limit", type=int, default=2500, help="products, drawn at random")
    parser.add_argument("--repeats", type=int, default=4, help="turns of each side")
    parser.add_argument("--steps", type=int, default=10, help="steps a turn beside the tutorial")
    parser.add_argument("--full-examples", type=int, default=384, help="products at 224 x 224")
    parser.add_argument("--full-batch", type=int, default=32, help="batch size at 224 x 224")
    parser.add_argument("--full-steps", type=int, default=2, help="steps a turn at 224 x 224")
    parser.add_argument("--full-precision", choices=["fp32", "bf16"], default="bf16")
    parser.add_argument("--trainer-epochs", type=int, default=6)
    parser.add_argument("--trainer-repeats", type=int, default=1, help="trainings of each side")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--only", nargs="+", choices=list(NOTES), help="keys; nothing is written")
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args(arguments)


def main() -> None:
    options, started = parse(), time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        path = options.catalogue or draw_catalogue(Path(scratch) / "sample", products=options.limit)
        shop = Shop.read(open_catalogue(path), Path(scratch) / "store", options.limit)
        rows = measure(shop, options)
    ratios = {key: round(deciding(key, found).ratio, 3) for key, found in rows.items() if found}
    print(f"\n{HEAD}")
    for found in rows.values():
        for row in found:
            print(row.line())
    print("\n".join(f"- `{key}` {ratio}: {NOTES[key]}" for key, ratio in ratios.items()))
    facts = {
        **machine(choose_device(options.device)),
        **settings(options),
        "catalogue": shop.name,
        "products": len(shop.products),
        "seconds": round(time.perf_counter() - started),
    }
    print("\n" + ", ".join(f"{key} {value}" for key, value in facts.items()))
    if not options.only:
        described = {key: [row.described() for row in found] for key, found in rows.items()}
        results = {**ratios, "rows": described, "notes": NOTES, **facts}
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")


def measure(shop: Shop, options: argparse.Namespace) -> dict[str, list[Row]]:
    """All rows, by the key of the results that they are about."""
    rows: dict[str, list[Row]] = {key: [] for key in NOTES}
    wanted, device = options.only or list(NOTES), choose_device(options.device)
    if {"end_to_end_over_bare_step", "cached_features_over_full_step"} & set(wanted):
        few, _ = shop.examples(slice(options.full_examples))
        recipe = Recipe(epochs=100, batch_size=options.full_batch, precision=options.full_precision)
        for name, pair in middle_pairs().items():
            end_to_end, cached = time_steps(
                name, pair, few, recipe, device, steps=options.full_steps, repeats=options.repeats
            )
            rows["end_to_end_over_bare_step"].append(end_to_end)
            rows["cached_features_over_full_step"].append(cached)
    if "over_tutorial_loop" in wanted:
        for name, pair in small_pairs().items():
            rows["over_tutorial_loop"] += time_tutorial(
                name,
                pair,
                shop.examples(),
                SMALL_RECIPE,
                SMALL,
                device,
                steps=options.steps,
                repeats=options.repeats,
            )
    if "over_transformers_trainer" in wanted:
        sides = split(shop.products["key"], 0.2, 0.0, 0)
        held_out = examples_of(shop.products[sides == "held_out"], shop.store)
        row = time_trainer(
            "bert_resnet",
            small_pairs()["bert_resnet"],
            shop.examples(sides == "train"),
            held_out,
            replace(SMALL_RECIPE, epochs=options.trainer_epochs),
            SMALL,
            device,
            repeats=options.trainer_repeats,
        )
        rows["over_transformers_trainer"].append(row)
    return rows


def deciding(key: str, rows: Sequence[Row]) -> Row:
    """The row whose ratio the key holds, see `NOTES`."""
    if key == "over_tutorial_loop":
        return max((row for row in rows if row.what.startswith("bert_resnet")), key=_ratio)
    return min(rows, key=_ratio)


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """What the numbers depend on, beside the machine."""
    left_out = {"catalogue", "output", "only", "device", "limit"}
    chosen = {name: value for name, value in vars(options).items() if name not in left_out}
    small = {"small_seen": SMALL, "small_batch": SMALL_RECIPE.batch_size}
    return {**chosen, "stored": STORED, "full_seen": SEEN, **small}


def _ratio(row: Row) -> float:
    return row.ratio


if __name__ == "__main__":
    main()
