"""The tables of the report that are neither leaderboard nor chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shopclip.dualencoder.recipe import Recipe
from shopclip.metrics.scoring import optional
from shopclip.parameters import Pair
from shopclip.pipelines.reporting.experiment import Experiment, tower_names, without_folders
from shopclip.pipelines.reporting.signs import kept_epochs, validated


@dataclass(frozen=True)
class Hub:
    """A picture: its row in the image store, and how many captions found it."""

    row: int
    caption: str
    found: str


@dataclass(frozen=True)
class Hubs:
    """Those of a pair, the commonest first; `captions` asked, `chance` found each picture."""

    pictures: list[Hub]
    captions: int
    chance: str


def hubs_of(hubs: Mapping[str, pd.DataFrame]) -> dict[str, Hubs | None]:
    """By pair, in the order of their names; None where no picture is found more than by chance."""
    return {pair: _hubs(hubs[pair]) for pair in sorted(hubs)}


def _hubs(table: pd.DataFrame) -> Hubs | None:
    if table.empty:
        return None
    first = table.iloc[0]
    pictures = [
        Hub(int(row), caption, _count(found))
        for row, caption, found in zip(table["row"], table["caption"], table["found"], strict=True)
    ]
    return Hubs(pictures, int(first["captions"]), _count(first["chance"]))


def _count(times: float) -> str:
    """Whole where it is; ties leave fractions."""
    return f"{times:,.1f}".removesuffix(".0")


SHOWN_REJECTS = 20


@dataclass(frozen=True)
class Fact:
    term: str
    value: str
    note: str = ""


def catalogue_facts(
    facts: Mapping[str, Any],
    examples: pd.DataFrame,
    towers: Mapping[str, Mapping[str, Any]],
    experiment: Experiment,
) -> list[Fact]:
    """What the run was about."""
    stored = experiment.images.stored
    validation = examples[examples["split"] == "validation"]
    return [
        Fact("Catalogue", str(facts["name"]), "synthetic" if facts["synthetic"] else ""),
        Fact("Rows", f"{facts['rows']:,}", f"{facts['usable']:,} usable"),
        Fact("Products drawn", f"{facts['drawn']:,}", f"{len(examples):,} with a picture"),
        _split("Trained on", examples[examples["split"] == "train"]),
        *([] if validation.empty else [_split("Validation", validation)]),
        _split("Held out", examples[examples["split"] == "held_out"]),
        Fact("Stored pictures", f"{stored.height} × {stored.width}", "pixels, height × width"),
        Fact(
            "What towers see",
            _distinct(map(_size, towers.values())),
            "pixels; the paper: 224 × 224",
        ),
        Fact(
            "Shared space",
            _distinct(str(one["embed_dim"]) for one in towers.values()),
            "dimensions",
        ),
    ]


def _size(towers: Mapping[str, Any]) -> str:
    return f"{towers['image']['height']} × {towers['image']['width']}"


def _distinct(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))


def _split(term: str, examples: pd.DataFrame) -> Fact:
    captions = examples["caption_id"].nunique()
    return Fact(term, f"{len(examples):,}", f"products, {captions:,} distinct captions")


@dataclass(frozen=True)
class Trained:
    """How a pair was trained.

    Attributes:
        sees: size, mean and standard deviation of the pictures as the image tower gets them.
        notes: whose pupil it is, and where between its weights before and after it has ended.
        epochs: those done, of those of the recipe.
        best_epoch: after which it had the weights that it ends with, counted from 1; None where
            no validation examples chose it.
    """

    pair: str
    text: str
    image: str
    sees: str
    notes: list[str]
    epochs: str
    best_epoch: int | None
    batch: int
    steps: int
    images_per_second: str


def training_facts(
    logs: Mapping[str, pd.DataFrame],
    epoch_logs: Mapping[str, pd.DataFrame],
    examples: pd.DataFrame,
    towers: Mapping[str, Mapping[str, Any]],
    experiment: Experiment,
) -> list[Trained]:
    """A row a pair; the speed is the median over the steps of its last epoch."""
    available = int((examples["split"] == "train").sum())
    best = kept_epochs(epoch_logs, examples) if validated(examples) else {}
    rows = []
    for name in sorted(logs):
        log, pair, recipe = logs[name], experiment.pairs[name], experiment.recipe(name)
        last = log.loc[log["epoch"] == log["epoch"].max(), "images_per_second"]
        rows.append(
            Trained(
                name,
                *tower_names(pair),
                sees(towers[name]["image"]),
                _notes(recipe, towers[name]),
                _epochs(pair, recipe, len(epoch_logs[name])),
                best.get(name),
                min(recipe.batch_size, available or recipe.batch_size),
                len(log),
                optional(last.median(), ",.0f"),
            )
        )
    return rows


def _epochs(pair: Pair, recipe: Recipe, done: int) -> str:
    if pair.ensemble is not None:
        return "those of its members"
    return f"{done} of {recipe.epochs}" if recipe.epochs else "as it is"


def _notes(recipe: Recipe, towers: Mapping[str, Any]) -> list[str]:
    notes = [f"pupil of {recipe.teacher}"] if recipe.teacher and recipe.epochs else []
    return notes + ([wise_ft(curve)] if (curve := towers.get("interpolations")) else [])


def wise_ft(curve: Sequence[Mapping[str, Any]]) -> str:
    """Where WiSE-FT has ended, and what validation says of both ends."""
    chosen = next(one for one in curve if one["chosen"])
    ends = f"as it was {curve[0]['mrr']:.3f}, fine-tuned {curve[-1]['mrr']:.3f}"
    return f"WiSE-FT alpha {chosen['alpha']:g}, validation MRR {chosen['mrr']:.3f} ({ends})"


def sees(image: Mapping[str, Any]) -> str:
    """The pictures that an image tower gets, such as `224 × 224, mean .48 .46 .41, std .27 …`."""
    size = f"{image['height']} × {image['width']}"
    if image["mean"] == image["std"] == [0.5, 0.5, 0.5]:
        return f"{size}, pixels in [-1, 1]"
    mean, std = (
        " ".join(f"{channel:.2f}".lstrip("0") for channel in image[name])
        for name in ("mean", "std")
    )
    return f"{size}, mean {mean}, std {std}"


def diagnostics_table(
    diagnostics: Mapping[str, Mapping[str, Any]], logs: Mapping[str, pd.DataFrame]
) -> dict[str, list[str]]:
    """For each sign of collapse a value a pair, in the order of their names."""
    pairs = sorted(diagnostics)
    signs = {
        "final loss": ("final_loss", ".2f"),
        "loss of chance": ("chance_loss", ".2f"),
        "mean cosine, images": ("image_mean_cosine", ".3f"),
        "mean cosine, texts": ("text_mean_cosine", ".3f"),
        "effective rank, images": ("image_effective_rank", ".1f"),
        "effective rank, texts": ("text_effective_rank", ".1f"),
        "hubness, text → image": ("hubness", ".1f"),
        "alignment": ("alignment", ".2f"),
        "uniformity, images": ("image_uniformity", ".2f"),
        "uniformity, texts": ("text_uniformity", ".2f"),
        "modality gap": ("modality_gap", ".2f"),
    }
    table = {
        sign: [optional(diagnostics[pair].get(key), form) for pair in pairs]
        for sign, (key, form) in signs.items()
    }
    ends = [logs[pair]["temperature"].iloc[-1] if len(logs[pair]) else None for pair in pairs]
    return {**table, "temperature at the end": [optional(end, ".4f") for end in ends]}


@dataclass(frozen=True)
class Rejects:
    """How many products were rejected for each reason, and the first of them."""

    counts: dict[str, int]
    first: list[dict[str, str]]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def rejects(products: pd.DataFrame, images: pd.DataFrame) -> Rejects:
    """Rows that were no products, then products without a readable picture."""
    rejected = pd.concat([products, images], ignore_index=True)
    counts = rejected["reason"].value_counts()
    first = [
        {
            "id": str(row["id"]),
            "line": optional(row.get("line"), ".0f"),
            "reason": str(row["reason"]),
            "detail": without_folders(str(row["detail"])),
        }
        for row in rejected.head(SHOWN_REJECTS).to_dict("records")
    ]
    return Rejects({str(reason): int(count) for reason, count in counts.items()}, first)
