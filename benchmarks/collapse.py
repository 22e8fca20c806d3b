"""Why GPT-2 + ViT collapsed: the paper's likely recipe, and each suspect taken back alone.

    kedro run --pipelines ingestion,preprocessing \\
        --params catalogue.path=…,catalogue.limit=4000,splits.held_out=0.1
    python benchmarks/collapse.py

The towers are the small ones of `conf/base`, from scratch; nothing differs between two rows but
what their names say. It draws docs/images/collapse.png and writes docs/results/collapse.csv.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from matplotlib.figure import Figure
from torch import nn

from shopclip.dualencoder import DualEncoder, Examples, ImageEncoder, Recipe, TextEncoder, fit
from shopclip.files.image_store import ImageStore
from shopclip.metrics.collapse import spread
from shopclip.metrics.ranks import rank
from shopclip.parameters import CaptionParameters
from shopclip.tables.training_examples import training_examples

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Variant:
    """One way to train GPT-2 + ViT."""

    name: str
    rate: float
    text_pooling: str
    image_pooling: str
    warmup: float
    norm: bool  # LayerNorm before the projections

    def recipe(self, epochs: int) -> Recipe:
        return Recipe(
            epochs=epochs,
            batch_size=64,
            text_learning_rate=self.rate,
            image_learning_rate=min(self.rate, 5e-4) if self.name == "ours" else self.rate,
            projection_learning_rate=self.rate,
            warmup=self.warmup,
            flip=False,
            crop=1,
        )


# The paper gives no learning rate; 1e-3 is AdamW's default, at which its ResNet pair learns.
LIKELY = Variant("the likely recipe", 1e-3, "cls", "cls", warmup=0.0, norm=False)
OURS = Variant("ours", 1e-3, "last", "mean", warmup=0.1, norm=True)
VARIANTS = (
    LIKELY,
    replace(LIKELY, name="… but the last token of GPT-2", text_pooling="last"),
    replace(LIKELY, name="… but LayerNorm before the projections", norm=True),
    replace(LIKELY, name="… but warm-up", warmup=0.1),
    replace(LIKELY, name="… but the mean of ViT's patches", image_pooling="mean"),
    replace(LIKELY, name="… but a tenth of the learning rate", rate=1e-4),
    OURS,
    replace(OURS, name="ours, but position 0 of GPT-2", text_pooling="cls"),
)


def build(variant: Variant, captions: tuple[str, ...], pair: str = "gpt_vit") -> DualEncoder:
    conf = yaml.safe_load((ROOT / "conf" / "base" / "parameters_pairs.yml").read_text())
    sides: dict[str, Any] = conf["pairs"][pair]
    image = sides["image"]["config"]
    if image["model_type"] == "vit":  # the paper's has linear patches, the configuration's a stem
        image = {**image, "patch_size": 8}
    model = DualEncoder.build(
        TextEncoder(**{**sides["text"], "pooling": variant.text_pooling}),
        ImageEncoder(config=image, pooling=variant.image_pooling),
        captions=captions,
        size=(64, 48),
    )
    if not variant.norm:
        model.text.projection[0], model.image.projection[0] = nn.Identity(), nn.Identity()
    return model


def judge(model: DualEncoder, store: ImageStore, held_out: pd.DataFrame) -> dict[str, float]:
    """Held-out retrieval in percent, and how much of the space is in use."""
    images = model.embed_images(store.images, held_out["row"].to_numpy())
    texts = model.embed_captions(held_out["caption"].tolist())
    ranks = rank(images, texts)
    return {
        "accuracy": 100 * float(ranks.hits(1).mean()),
        "top10": 100 * float(ranks.hits(10).mean()),
        "image_mean_cosine": spread(images).mean_cosine,
        "text_mean_cosine": spread(texts).mean_cosine,
    }


def run(variant: Variant, training: Examples, epochs: int) -> tuple[DualEncoder, np.ndarray]:
    model = build(variant, training.captions)
    log = fit(model, training, variant.recipe(epochs), title=variant.name)
    return model, np.array([step.loss for step in log.steps])


def draw(losses: dict[str, np.ndarray], per_epoch: float) -> Figure:
    figure = Figure(figsize=(9, 5), dpi=140, layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(np.log(64), color="0.5", linestyle=(0, (4, 3)), linewidth=1.2)
    axes.annotate(
        "chance, ln 64",
        (1, np.log(64)),
        (0, 4),
        textcoords="offset points",
        ha="right",
        xycoords=("axes fraction", "data"),
        color="0.4",
    )
    for name, loss in losses.items():
        smooth = pd.Series(loss).ewm(span=max(1, len(loss) / 40)).mean()
        wide = 2.6 if name in (LIKELY.name, OURS.name) else 1.3
        axes.plot((np.arange(len(loss)) + 1) / per_epoch, smooth, linewidth=wide, label=name)
    axes.set(xlabel="epoch", ylabel="InfoNCE, nats", ylim=(0, None))
    axes.set_title("GPT-2 + ViT from scratch: who collapses", loc="left", fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    examples = pd.read_parquet(options.data / "05_model_input" / "examples.parquet")
    store = ImageStore.load(options.data / "05_model_input" / "image_store")
    training = training_examples(examples, store, CaptionParameters(), seed=0)
    held_out = examples[examples["split"] == "held_out"]
    losses, rows = {}, []
    for variant in VARIANTS:
        model, losses[variant.name] = run(variant, training, options.epochs)
        loss = float(losses[variant.name][-20:].mean())
        rows.append({"variant": variant.name, "loss": loss, **judge(model, store, held_out)})
    chance = 100 / len(held_out)
    rows.append({"variant": "chance", "loss": np.log(64), "accuracy": chance, "top10": 10 * chance})
    table = pd.DataFrame(rows).round(3)
    print(table.to_string(index=False))
    table.to_csv(ROOT / "docs" / "results" / "collapse.csv", index=False, lineterminator="\n")
    figure = draw(losses, len(training) / 64)
    figure.savefig(ROOT / "docs" / "images" / "collapse.png")


if __name__ == "__main__":
    main()
