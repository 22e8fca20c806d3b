"""The splits `train` and `validation`, as the training loop takes them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from shopclip.catalogue.columns import ATTRIBUTES
from shopclip.dualencoder.examples import Examples
from shopclip.files.image_store import ImageStore
from shopclip.parameters import CaptionParameters, template_fields


@dataclass(frozen=True)
class Group:
    """Words of a template that stand or fall together, and the fields in them."""

    text: str
    fields: tuple[str, ...]


def parse(template: str) -> list[list[Group]]:
    """Phrases, which commas part, of groups.

    The words before a field belong to it (`for {gender}`), and those after the last one of its
    phrase (`{season} collection`); so a field that is left out leaves no stump.
    """
    return [_groups(phrase.split()) for phrase in template.split(",")]


def render(phrases: list[list[Group]], values: Mapping[str, str]) -> str:
    """The template with the fields that have a value; groups without theirs are left out."""
    rendered = (
        " ".join(g.text.format_map(values) for g in groups if all(f in values for f in g.fields))
        for groups in phrases
    )
    return ", ".join(phrase for phrase in rendered if phrase)


def enrich(products: pd.DataFrame, parameters: CaptionParameters, seed: int) -> np.ndarray:
    """Draw the variants of every product's caption.

    Args:
        products: the columns `caption` and the attributes.
        parameters: with a template.
        seed: decides which attributes a variant leaves out.

    Returns:
        str objects (products, variants); the raw caption where the template comes out empty.
    """
    assert parameters.template is not None
    phrases = parse(parameters.template)
    fields = dict.fromkeys(template_fields(parameters.template))
    attributes = [field for field in fields if field != "caption"]
    values = products[attributes].astype("string").fillna("").to_numpy(object)
    generator = np.random.default_rng(seed)
    variants = np.empty((len(products), parameters.variants), dtype=object)
    for column in variants.T:
        kept = generator.random(values.shape) >= parameters.field_dropout
        for row, caption in enumerate(products["caption"]):
            cells = zip(attributes, values[row], kept[row], strict=True)
            present = {name: value for name, value, keep in cells if value and keep}
            column[row] = render(phrases, {"caption": caption, **present}) or caption
    return variants


def _groups(words: list[str]) -> list[Group]:
    groups: list[Group] = []
    pending: list[str] = []
    for word in words:
        pending.append(word)
        if fields := template_fields(word):
            groups.append(Group(" ".join(pending), fields))
            pending = []
    if pending:
        last = groups.pop() if groups else Group("", ())
        groups.append(Group(" ".join([last.text, *pending]).strip(), last.fields))
    return groups


logger = logging.getLogger(__name__)


def training_examples(
    examples: pd.DataFrame, image_store: ImageStore, parameters: CaptionParameters, seed: int
) -> Examples:
    """The examples of the split `train`, with the values of their attributes as labels.

    With a template the enriched captions follow the raw ones, and every example has its variants.
    """
    chosen = examples[examples["split"] == "train"]
    raw = replace(_numbered(chosen, image_store), labels=label(chosen))
    if parameters.template is None or chosen.empty:
        return raw
    enriched = enrich(chosen, parameters, seed)
    logger.info("captions are enriched, for example: %s", enriched[0, 0])
    rows, captions = pd.factorize(enriched.ravel())
    variants = rows.reshape(enriched.shape).astype(np.int64) + len(raw.captions)
    return replace(raw, captions=(*raw.captions, *captions), variants=variants)


def label(products: pd.DataFrame) -> np.ndarray | None:
    """Number the values of every attribute that tells products apart.

    Returns:
        int64 (products, attributes), from 0, -1 where the value is missing; None without any.
    """
    attributes = [name for name in ATTRIBUTES if name in products]
    numbers = [pd.factorize(products[name])[0] for name in attributes]
    telling = [column for column in numbers if len(column) and column.max() > 0]
    return np.stack(telling, axis=1).astype(np.int64) if telling else None


def validation_examples(examples: pd.DataFrame, image_store: ImageStore) -> Examples | None:
    """The examples of the split `validation`, with raw captions; None if there are fewer than 2."""
    chosen = examples[examples["split"] == "validation"]
    return _numbered(chosen, image_store) if len(chosen) >= 2 else None


def _numbered(chosen: pd.DataFrame, image_store: ImageStore) -> Examples:
    """These examples, their captions numbered from 0."""
    rows, captions = chosen["row"].to_numpy(), chosen["caption"].tolist()
    return Examples.collect(image_store, rows, chosen["caption_id"].to_numpy(), captions)
