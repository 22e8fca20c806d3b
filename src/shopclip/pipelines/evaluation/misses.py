"""Where a pair errs: breakdowns, misses, hubs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shopclip.metrics.geometry import NEAREST, times_found
from shopclip.metrics.retrieval import TieGroups, measure
from shopclip.metrics.scoring import PRIMARY
from shopclip.metrics.statistics import bootstrap_means
from shopclip.parameters import EvaluationParameters
from shopclip.pipelines.evaluation.protocols import headline

UNKNOWN, OTHER = "unknown", "other"


def category_of(examples: pd.DataFrame, attribute: str) -> pd.Series[str]:
    """Each product's value, `unknown` where it has none or a blank one."""
    values = examples[attribute].astype("string").str.strip()
    return values.mask(values == "").fillna(UNKNOWN).astype(object)


def commonest(values: pd.Series[str], count: int) -> list[str]:
    """The `count` commonest values, the commonest first, equals by the alphabet."""
    counts = values.value_counts().rename_axis("value").reset_index(name="products")
    ordered = counts.sort_values(["products", "value"], ascending=[False, True])
    return ordered["value"].head(count).tolist()


CATEGORIES = 10
FREQUENCY = "caption_frequency"
FREQUENCIES = ("1", "2", "3-5", "6+")
ENDS = (1, 2, 5)  # largest count of each class of frequencies but the last


def break_down(
    ranks: pd.DataFrame, examples: pd.DataFrame, parameters: EvaluationParameters
) -> pd.DataFrame:
    """A row a group and direction: `by`, `group`, `direction`, `queries`, `mrr_at_10`, and its
    interval, `low` to `high`. Of the headline protocol; groups in the order to show them in.

    `by` is masterCategory, or subCategory where all products have one masterCategory, or
    caption_frequency: how many products of the gallery bear the query's caption.
    """
    judged = ranks[ranks["protocol"] == headline(examples)[0]]
    products = examples.set_index("id").loc[judged["id"].unique()]
    rows = []
    for by, order, groups in (_categories(products), _frequencies(products)):
        of_query = judged["id"].map(groups)
        for group in order:
            for direction, queries in judged[of_query == group].groupby("direction"):
                keys = {"by": by, "group": group, "direction": direction}
                rows.append({**keys, **_score(queries, parameters)})
    return pd.DataFrame(rows)


def _categories(products: pd.DataFrame) -> tuple[str, list[str], pd.Series[str]]:
    """The attribute's name, the groups in their order, and that of each product by its id."""
    attribute = "masterCategory"
    values = category_of(products, attribute)
    if values.nunique() == 1:
        attribute = "subCategory"
        values = category_of(products, attribute)
    kept = commonest(values, CATEGORIES)
    grouped = values.where(values.isin(kept), OTHER)
    order = [name for name in kept if name != OTHER]
    order += [OTHER] if (grouped == OTHER).any() else []
    return attribute, order, grouped


def _frequencies(products: pd.DataFrame) -> tuple[str, list[str], pd.Series[str]]:
    bearing = products["caption_id"].map(products["caption_id"].value_counts())
    classes = np.array(FREQUENCIES)[np.searchsorted(ENDS, bearing)]
    order = [name for name in FREQUENCIES if name in classes]
    return FREQUENCY, order, pd.Series(classes, index=products.index, dtype=object)


def _score(queries: pd.DataFrame, parameters: EvaluationParameters) -> dict[str, float]:
    groups = TieGroups.of_one_answer(queries["better"].to_numpy(), queries["tied"].to_numpy())
    reciprocals = measure(groups)[PRIMARY]
    low, high = bootstrap_means(
        reciprocals[:, None],
        queries["caption_id"].to_numpy(),
        resamples=parameters.resamples,
        confidence=parameters.confidence,
    )
    score = float(reciprocals.mean())
    return {"queries": len(queries), PRIMARY: score, "low": float(low[0]), "high": float(high[0])}


HUBS = 6


def find_hubs(
    image_embeddings: np.ndarray, text_embeddings: np.ndarray, examples: pd.DataFrame
) -> pd.DataFrame:
    """The pictures of the headline gallery that most captions have among their first ten.

    A row a picture, the commonest first, at most `HUBS` and only those found more often than
    chance: `place`, `id`, `row`, `caption`, `found` (captions), `captions` (how many asked, each
    distinct one once), `gallery`, and `chance` (what `found` is under a random order).
    """
    members = headline(examples)[1]
    gallery = examples.iloc[members]
    first = np.unique(gallery["caption_id"], return_index=True)[1]
    counts = times_found(text_embeddings[members][first], image_embeddings[members])
    chance = len(first) * min(NEAREST, len(members)) / len(members)
    order = np.argsort(-counts, kind="stable")[:HUBS]
    order = order[counts[order] > chance * (1 + 1e-9)]
    hubs = gallery.iloc[order][["id", "row", "caption"]].assign(found=counts[order])
    hubs = hubs.assign(captions=len(first), gallery=len(members), chance=chance)
    hubs.insert(0, "place", np.arange(1, len(hubs) + 1))
    return hubs.reset_index(drop=True)
