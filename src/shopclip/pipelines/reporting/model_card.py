"""The model card of a pair: what its checkpoint is, how good it is, and what it is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from shopclip.metrics.collapse import explain
from shopclip.metrics.scoring import (
    ACCURACY,
    CEILINGS,
    CHANCES,
    DIRECTIONS,
    PRIMARY,
    PROTOCOLS,
    SCORES,
    percent,
    percent_interval,
    place,
)
from shopclip.parameters import Pair
from shopclip.pipelines.reporting.experiment import (
    Experiment,
    tower_names,
    versions,
    without_folders,
)
from shopclip.pipelines.reporting.sections import sees, wise_ft
from shopclip.pipelines.reporting.signs import validated
from shopclip.tables.contamination import remember

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCardData

TAGS = ["clip", "dual-encoder", "image-text-retrieval", "product-search"]


def card_metadata(name: str, pair: Pair, rows: pd.DataFrame, *, catalogue: str) -> ModelCardData:
    """What the hub finds a model by, and its scores.

    Args:
        rows: those of the pair on the leaderboard.
        catalogue: what they are of.
    """
    from huggingface_hub import ModelCardData

    encoders = () if pair.ensemble or pair.name else pair.towers
    names = [pair.name, *(encoder.name for encoder in encoders)]
    bases = [base for name in names if (base := _hub_name(name))]
    return ModelCardData(
        library_name="shopclip",
        pipeline_tag="zero-shot-image-classification",
        tags=TAGS,
        base_model=bases or None,
        model_name=name,
        eval_results=_eval_results(rows, catalogue),
    )


def _eval_results(rows: pd.DataFrame, catalogue: str) -> list[EvalResult]:
    """The deciding score and the accuracy of each protocol and direction, shares from 0 to 1."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type=f"{row['direction'].replace('_', '-')}-retrieval",
            task_name=DIRECTIONS[row["direction"]],
            dataset_type=re.sub(r"\W+", "-", catalogue).strip("-").lower() or "catalogue",
            dataset_name=catalogue,
            dataset_config=row["protocol"],
            metric_type=score,
            metric_name=SCORES[score],
            metric_value=float(row[score]),
        )
        for row in rows.to_dict("records")
        for score in (PRIMARY, ACCURACY)
    ]


def _hub_name(name: str | None) -> str | None:
    """The name of a pretrained model on the hub; None of one from a folder or from scratch."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    if name is None or Path(name).exists():
        return None
    name = name.removeprefix("hf-hub:")
    try:
        validate_repo_id(name)
    except HFValidationError:
        return None
    return name


SPLITS = {"train": "trained on", "validation": "validation", "held_out": "held out"}


@dataclass(frozen=True, kw_only=True)
class CardEvidence:
    """All that the card of a pair rests on.

    Attributes:
        leaderboard: of all pairs.
        examples: those that the leaderboard is about.
        catalogue_facts: `name` and `synthetic` of their catalogue.
        towers, diagnostics, training_log, trained_captions: of the pair's own checkpoint.
    """

    pair: str
    leaderboard: pd.DataFrame
    examples: pd.DataFrame
    catalogue_facts: Mapping[str, Any]
    parameters: Mapping[str, Any]
    towers: Mapping[str, Any]
    diagnostics: Mapping[str, Any]
    training_log: pd.DataFrame
    trained_captions: pd.DataFrame

    @property
    def rows(self) -> pd.DataFrame:
        """Those of the pair, a protocol and direction each."""
        return self.leaderboard[self.leaderboard["pair"] == self.pair]

    @property
    def catalogue(self) -> str:
        return _inert(without_folders(str(self.catalogue_facts["name"])))

    @property
    def trained_with_these(self) -> bool:
        """Whether the captions that the pair was trained with are those of these examples."""
        expected = remember(self.examples, trained=True)["caption_hash"]
        return np.array_equal(expected, self.trained_captions["caption_hash"])


def render_model_card(evidence: CardEvidence) -> str:
    """The card as Markdown; the front matter holds its scores as the hub's `model-index`."""
    from huggingface_hub import ModelCard
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__ or "", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": percent, "place": place}
    environment.globals |= {"interval": percent_interval}
    experiment = Experiment.read(evidence.parameters)
    body = environment.get_template("model_card.md.j2").render(_content(evidence, experiment))
    pair = experiment.pairs[evidence.pair]
    metadata = card_metadata(evidence.pair, pair, evidence.rows, catalogue=evidence.catalogue)
    return str(ModelCard(f"---\n{metadata.to_yaml()}\n---\n{body}"))


def _content(evidence: CardEvidence, experiment: Experiment) -> dict[str, Any]:
    pair, rows, log = experiment.pairs[evidence.pair], evidence.rows, evidence.training_log
    recipe, (text, image) = experiment.recipe(evidence.pair), tower_names(pair)
    return {
        "pair": evidence.pair,
        "text": _inert(text),
        "image": _inert(image),
        "whole": pair.name is not None,
        "ensemble": _shares(pair),
        "teacher": recipe.teacher if recipe.epochs else None,
        "wise_ft": wise_ft(curve) if (curve := evidence.towers.get("interpolations")) else None,
        "size": (evidence.towers["image"]["height"], evidence.towers["image"]["width"]),
        "sees": sees(evidence.towers["image"]),
        "poolings": [evidence.towers[side]["pooling"] for side in ("text", "image")],
        "stored": experiment.images.stored.pixels,
        "embed_dim": evidence.towers["embed_dim"],
        "catalogue": evidence.catalogue,
        "synthetic": bool(evidence.catalogue_facts["synthetic"]),
        "template": _template(experiment),
        "splits": _splits(evidence.examples),
        "validated": validated(evidence.examples),
        "trained_with_these": evidence.trained_with_these,
        "captions_seen": len(evidence.trained_captions),
        "steps": len(log),
        "epochs": int(log["epoch"].max()) + 1 if len(log) else 0,
        "recipe": {"seed": experiment.training.seed + pair.seed, **asdict(recipe)},
        "tables": {
            protocol: rows[rows["protocol"] == protocol].to_dict("records")
            for protocol in PROTOCOLS
            if (rows["protocol"] == protocol).any()
        },
        "confidence": experiment.evaluation.confidence,
        "collapse": explain(evidence.diagnostics),
        "a_run_collapsed": bool(rows["collapsed"].any()),
        "seen": float(rows["seen"].max()),
        "seeds": int(rows["seeds"].max()),
        "directions": DIRECTIONS,
        "scores": SCORES,
        "chances": CHANCES,
        "ceilings": CEILINGS,
        "versions": versions(),
    }


def _shares(pair: Pair) -> dict[str, str]:
    """Of an ensemble the share of every member; of other pairs nothing."""
    weights = pair.ensemble or {}
    return {name: percent(weight / sum(weights.values())) for name, weight in weights.items()}


def _splits(examples: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Products and distinct captions by split, of those that there are."""
    captions = {
        words: examples.loc[examples["split"] == split, "caption_id"]
        for split, words in SPLITS.items()
    }
    return {words: (len(ids), ids.nunique()) for words, ids in captions.items() if len(ids)}


def _template(experiment: Experiment) -> str | None:
    captions = (experiment.model_extra or {}).get("captions") or {}
    template = captions.get("template")
    return None if template is None else _inert(template)


def _inert(text: str) -> str:
    """Somebody's text on one line, such that between backticks it is nothing but text."""
    return " ".join(text.split()).replace("`", "'")
