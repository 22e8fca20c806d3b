"""What a picture's neighbours say of its attributes, and how far that can be believed."""

from __future__ import annotations

import numpy as np

from shopclip.search.index.faiss import ExactIndex
from shopclip.search.index.protocol import Facts
from shopclip.search.products import ProductTable

VOTERS = 50  # nearest pictures that were trained on
SHARPNESS = 20.0  # a neighbour's vote is e^(20 × cosine)
UNFITTED = {"scale": 1.0, "smoothing": 0.01}
MIN_JUDGED = 40  # judged products below which nothing is fitted
MAX_JUDGED = 5000  # judged products, evenly drawn
BINS = 15
_CALIBRATION_SPLITS = ("held_out", "validation")


def votes(similarities: np.ndarray, codes: np.ndarray, count: int) -> np.ndarray:
    """Votes of a picture's neighbours for the values of an attribute; the nearest one's is 1.

    Args:
        similarities: float32 (n, voters), cosine of each neighbour, nearest first; -inf where
            there is none.
        codes: integer (n, voters), number of its value; -1 where unknown, which has no vote.
        count: values of the attribute.

    Returns:
        float64 (n, count).
    """
    weights = np.exp(SHARPNESS * (similarities - similarities[:, :1]).astype(np.float64))
    totals = np.zeros((len(codes), count))
    rows = np.broadcast_to(np.arange(len(codes))[:, None], codes.shape)
    np.add.at(totals, (rows, codes.clip(min=0)), np.where(codes >= 0, weights, 0.0))
    return totals


def frequencies(codes: np.ndarray, count: int) -> np.ndarray:
    """Share of each value among products, float64 (count,); a value that none has counts once."""
    counted = np.bincount(codes[codes >= 0], minlength=count) + 1.0
    return counted / counted.sum()


def probabilities(
    totals: np.ndarray, prior: np.ndarray, *, scale: float, smoothing: float
) -> np.ndarray:
    """Softmax of the scaled logarithms of the votes, smoothed by how frequent the values are.

    Args:
        totals: float64 (n, values), from `votes`.
        prior: float64 (values,), from `frequencies`.
        scale: inverse of the temperature.
        smoothing: weight of `prior`, from 0 to 1.

    Returns:
        float64 (n, values), every row sums to 1.
    """
    known = totals.clip(0)
    most = known.max(axis=1, keepdims=True)  # 0 where no neighbour has a known value
    raised = (known / np.where(most > 0, most, 1)) ** scale  # of shares of it, lest it overflow
    raised /= raised.sum(axis=1, keepdims=True).clip(1)
    return np.where(most > 0, (1 - smoothing) * raised + smoothing * prior, prior)


def calibrate(products: ProductTable, vectors: np.ndarray) -> Facts:
    """Fit temperature and smoothing of each attribute's votes, and measure how far they are off.

    Products that were not trained on are judged by their trained-on neighbours: the held-out ones,
    or those for validation where none are held out. Temperature scaling is that of Guo et al. 2017
    (section 4.2), fitted with the smoothing by least negative log-likelihood. Their expected
    calibration error (equation 3, 15 bins) is measured by two halves of the captions, of which each
    is scored by what was fitted to the other; what is kept is fitted to both.

    Args:
        vectors: L2-normalised float32 (products, dimensions), of the pictures.

    Returns:
        `split` of the judged products, None if there are fewer than `MIN_JUDGED` and nothing is
        fitted; and by attribute that is no number: `scale`, `smoothing`, and where fitted `judged`
        (products), `accuracy` of the likeliest value, `error` and `error_before`, without any
        fitting.
    """
    splits = np.asarray(products.table["split"].to_pylist())
    voters = np.flatnonzero(splits == "train")
    split = next((s for s in _CALIBRATION_SPLITS if (splits == s).sum() >= MIN_JUDGED), None)
    described = [name for name in products.attributes if not products.is_numeric(name)]
    if split is None or not len(voters):
        return {"split": None, "attributes": dict.fromkeys(described, UNFITTED)}
    judged = np.flatnonzero(splits == split)
    judged = judged[np.unique(np.linspace(0, len(judged) - 1, MAX_JUDGED).astype(int))]
    similarities, neighbors = ExactIndex.build(vectors[voters]).search(
        np.ascontiguousarray(vectors[judged], dtype=np.float32), min(VOTERS, len(voters))
    )
    captions = np.asarray(products.table["caption_id"])[judged]
    halves = np.unique(captions, return_inverse=True)[1] % 2 == 0
    attributes = {}
    for name in described:
        codes, values = products.codes(name)
        totals = votes(similarities, codes[voters][neighbors], len(values))
        known = codes[judged] >= 0
        prior = frequencies(codes[voters], len(values))
        attributes[name] = _measured(totals[known], prior, codes[judged][known], halves[known])
    return {"split": split, "attributes": attributes}


def calibration_error(scores: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error: how far the top score is from the share that is right.

    Args:
        scores: float (n,), of the likeliest value, in [0, 1].
        right: bool (n,), whether it is the true one.
    """
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, scores - right, BINS)
    return float(np.abs(gaps).sum() / len(scores))


def _measured(
    totals: np.ndarray, prior: np.ndarray, truth: np.ndarray, half: np.ndarray
) -> dict[str, float]:
    if min(half.sum(), (~half).sum()) < MIN_JUDGED // 4:
        return UNFITTED
    before = probabilities(totals, prior, **UNFITTED)
    after = np.empty_like(before)
    for part in (half, ~half):
        after[part] = probabilities(totals[part], prior, **_fit(totals[~part], prior, truth[~part]))
    right = after.argmax(axis=1) == truth
    return {
        **_fit(totals, prior, truth),
        "judged": len(truth),
        "accuracy": round(float(right.mean()), 4),
        "error": round(calibration_error(after.max(axis=1), right), 4),
        "error_before": round(
            calibration_error(before.max(axis=1), before.argmax(axis=1) == truth), 4
        ),
    }


def _fit(totals: np.ndarray, prior: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    from scipy.optimize import minimize

    def settings(point: np.ndarray) -> dict[str, float]:
        bounded = np.clip(point, -6, 6)
        return {
            "scale": round(float(np.exp(bounded[0])), 4),
            "smoothing": round(float(1 / (1 + np.exp(-bounded[1]))), 4),
        }

    def loss(point: np.ndarray) -> float:
        scored = probabilities(totals, prior, **settings(point))
        return float(-np.log(scored[np.arange(len(truth)), truth]).mean())

    return settings(minimize(loss, [0.0, -3.0], method="Nelder-Mead").x)
