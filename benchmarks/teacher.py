"""What a teacher is worth: a pair taught by another against itself untaught, by a paired test.

    kedro run --pipelines ingestion,preprocessing        # the built-in sample, or a catalogue
    python benchmarks/teacher.py                         # ten minutes on one core

Teacher and pupils are pairs of `conf/base`: bert_resnet, trained with its own recipe, teaches
bert_vit for as many epochs as the untaught one learns. It writes benchmarks/results/teacher.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from shopclip.dualencoder import DualEncoder, Examples, Recipe, fit
from shopclip.dualencoder.teacher import with_teacher
from shopclip.files.image_store import ImageStore
from shopclip.parameters import (
    CaptionParameters,
    EvaluationParameters,
    ImageParameters,
    Pair,
    TrainingParameters,
)
from shopclip.parameters.pairs import build_towers
from shopclip.pipelines.evaluation.nodes import rank_examples
from shopclip.pipelines.reporting.comparisons import compare
from shopclip.tables.training_examples import training_examples, validation_examples

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results/teacher.json"


def train(
    pair: Pair, recipe: Recipe, seed: int, data: tuple[pd.DataFrame, ImageStore], training: Examples
) -> DualEncoder:
    """Towers of `conf/base` from this seed."""
    parameters = TrainingParameters(seed=seed, recipe=recipe)
    model = build_towers(pair, training, parameters, ImageParameters())
    validation = validation_examples(*data)
    fit(model, training, recipe, validation=validation, seed=seed, title=f"seed {seed}")
    return model


def ranks_of(model: DualEncoder, examples: pd.DataFrame, store: ImageStore) -> pd.DataFrame:
    images = model.embed_images(store.images, examples["row"].to_numpy())
    return rank_examples(images, model.embed_captions(examples["caption"].tolist()), examples)


def compared(
    ranks: Mapping[str, Sequence[pd.DataFrame]], parameters: EvaluationParameters
) -> list[dict[str, Any]]:
    """The paired tests among held-out products, in percentage points."""
    table = compare(ranks, parameters)
    table = table[table["protocol"] == "held_out"]
    points = table[["difference", "low", "high"]].mul(100).round(1)
    return table.assign(**points).drop(columns="protocol").to_dict("records")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--epochs", type=int, nargs="+", default=[2, 4, 12])
    parser.add_argument("--weight", type=float, default=Recipe().teacher_weight)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    conf = ROOT / "conf/base"
    pairs = yaml.safe_load((conf / "parameters_pairs.yml").read_text())["pairs"]
    shared = yaml.safe_load((conf / "parameters_training.yml").read_text())["training"]["recipe"]
    teacher_pair, pupil = (Pair.model_validate(pairs[name]) for name in ("bert_resnet", "bert_vit"))
    examples = pd.read_parquet(options.data / "05_model_input/examples.parquet")
    store = ImageStore.load(options.data / "05_model_input/image_store")
    data = examples, store
    training = training_examples(*data, CaptionParameters(), seed=0)
    recipe = Recipe(**shared)
    teacher = train(teacher_pair, recipe, 0, data, training)
    taught_by = with_teacher(training, teacher, None)
    rows = []
    for epochs in options.epochs:
        own = replace(recipe, epochs=epochs)
        taught = replace(own, teacher="bert_resnet", teacher_weight=options.weight)
        ranks = {
            "untaught": [
                ranks_of(train(pupil, own, seed, data, training), *data)
                for seed in range(options.seeds)
            ],
            "taught": [
                ranks_of(train(pupil, taught, seed, data, taught_by), *data)
                for seed in range(options.seeds)
            ],
        }
        for row in compared(ranks, EvaluationParameters()):
            rows.append({"epochs": epochs, "weight": options.weight, **row})
            print(rows[-1])
    described = {"products": len(examples), "seeds": options.seeds, "rows": rows}
    RESULTS.write_text(json.dumps(described, indent=1) + "\n")


if __name__ == "__main__":
    main()
