"""The best trial as an environment of Kedro's, `conf/tuned`.

Each block here is complete, so that a later change of the base changes nothing of it; and
what the towers were tuned on is among them, whatever environment that was. The header of the recipe
is the result of the tuning, in lines that say no more than the tests allow.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from shopclip.metrics.scoring import ACCURACY, DIRECTIONS, NAMES, PRIMARY
from shopclip.parameters import (
    CaptionParameters,
    CatalogueParameters,
    EvaluationParameters,
    ImageParameters,
    Pair,
    Parameters,
    SplitParameters,
    TrainingParameters,
)

logger = logging.getLogger(__name__)

COMMAND = "kedro run --env tuned"
HEADINGS = {ACCURACY: "first, %", PRIMARY: f"{NAMES[PRIMARY]}, %"}


def training_text(
    tuned: Mapping[str, Any], training: TrainingParameters, summary: Sequence[str]
) -> str:
    """`parameters_training.yml`: the shared recipe is that of the best trial."""
    block = {**training.model_dump(mode="json"), "recipe": tuned["best"]["recipe"]}
    return _text(tuned, summary, {"training": block})


def pairs_text(tuned: Mapping[str, Any], pairs: Mapping[str, Any]) -> str:
    """`parameters_pairs.yml`: the pair of the best trial, with no recipe of its own."""
    name = tuned["best"]["pair"]
    pair = Pair.model_validate(pairs[name])
    own = {"recipe", "repeats", "seed", "label"}
    block = pair.model_dump(mode="json", exclude=own, exclude_none=True)
    return _text(tuned, [], {"pairs": {name: block}})


def data_text(tuned: Mapping[str, Any], blocks: Mapping[str, Parameters]) -> str:
    """`parameters_data.yml`: what it was tuned on, as it was."""
    plain = {name: block.model_dump(mode="json") for name, block in blocks.items()}
    return _text(tuned, ["What it was tuned on, as it was."], plain)


def is_of(catalogue: CatalogueParameters, metadata: Mapping[str, Any]) -> bool:
    """Whether the products at hand are those that these parameters would fetch.

    They are not where an earlier command named another catalogue than this one does.
    """
    usable, names = metadata["usable"], (catalogue.path, Path(catalogue.path).name)
    return metadata["name"] in names and metadata["drawn"] == min(catalogue.limit or usable, usable)


def _text(tuned: Mapping[str, Any], notes: Sequence[str], blocks: Mapping[str, Any]) -> str:
    best = tuned["best"]
    trial = f"trial {best['number']} of study {tuned['study']}, {best['pair']}"
    header = [COMMAND, f"Written by the pipeline tuning: {trial}.", *notes]
    comment = "".join(f"# {line}\n" for line in header)
    return comment + yaml.safe_dump(dict(blocks), sort_keys=False, allow_unicode=True)


def write_environment(
    tuned: dict[str, Any],
    tuned_comparison: pd.DataFrame,
    catalogue_facts: dict[str, Any],
    training: TrainingParameters,
    catalogue: CatalogueParameters,
    images: ImageParameters,
    splits: SplitParameters,
    captions: CaptionParameters,
    evaluation: EvaluationParameters,
    pairs: dict[str, Any],
) -> tuple[str, str, str]:
    """The files of the environment, and the summary of a tuning in the log.

    Returns:
        `parameters_training.yml`, `parameters_pairs.yml` and `parameters_data.yml`.
    """
    summary = summary_lines(tuned)
    summary += comparison_lines(tuned_comparison, confidence=evaluation.confidence)
    data = {"catalogue": catalogue, "images": images, "splits": splits, "captions": captions}
    if not is_of(catalogue, catalogue_facts):
        del data["catalogue"]
        logger.warning(
            "the products come from the catalogue %s, not from catalogue.path of this run, so "
            "conf/tuned names none: say it with --params catalogue.path=…",
            catalogue_facts["name"],
        )
    for line in [*summary, f"to train it: {COMMAND}"]:
        logger.info("%s", line)
    return training_text(tuned, training, summary), pairs_text(tuned, pairs), data_text(tuned, data)


def summary_lines(tuned: Mapping[str, Any]) -> list[str]:
    """How many trials there were, the best one, and the default recipe beside it."""
    counts, best, default = tuned["trials"], tuned["best"], tuned["default"]
    states = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    validation = f"validation MRR {best['value']:.4f}"
    if best["number"] == default["number"]:
        best_line = f"the default recipe of {best['pair']} is best, {validation}: no trial beat it"
    else:
        best_line = (
            f"trial {best['number']} is best, {best['pair']}: {validation}; "
            f"the best default recipe, {default['pair']}: {default['value']:.4f}"
        )
    return [f"trials: {states}", best_line]


def comparison_lines(comparison: pd.DataFrame, *, confidence: float) -> list[str]:
    """The small table of held-out scores, and whether the difference is more than chance."""
    queries = comparison["queries"].iloc[0]
    lines = [f"{f'held out, {queries:,} products':<26} tuned  default  difference"]
    for row in comparison.to_dict("records"):
        name = f"{DIRECTIONS[row['direction']]}: {HEADINGS[row['metric']]}"
        ends = f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}"
        lines.append(
            f"{name:<26} {100 * row['tuned']:5.1f}    {100 * row['default']:5.1f}  "
            f"{100 * row['difference']:+.1f} ({ends}), p {row['adjusted_p_value']:.3f}"
        )
    return [*lines, _judge(comparison, confidence)]


def _judge(comparison: pd.DataFrame, confidence: float) -> str:
    how = f"({100 * confidence:g} % intervals over captions, paired tests, Holm)"
    rows = comparison[comparison["distinguishable"]]
    if rows.empty:
        return f"on held-out products the two recipes can't be told apart {how}"
    better, worse = (_scores_of(rows[rows["difference"] * sign > 0]) for sign in (1, -1))
    parts = [f"better in {better}"] if better else []
    parts += [f"worse in {worse}"] if worse else []
    return f"on held-out products the tuned recipe is {' and '.join(parts)} {how}"


def _scores_of(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{DIRECTIONS[row['direction']]} {NAMES[row['metric']]}" for row in rows.to_dict("records")
    )
