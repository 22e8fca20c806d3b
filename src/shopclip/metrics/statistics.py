"""Intervals and tests that respect that products share captions."""

from __future__ import annotations

import numpy as np

BATCH = 50  # resamples drawn at a time; memory is BATCH × clusters floats


def bootstrap_means(
    values: np.ndarray, clusters: np.ndarray, *, resamples: int, confidence: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile intervals of column means, by a bootstrap over clusters.

    Queries with the same caption succeed and fail together, so whole captions are drawn, with
    replacement, and not queries (Davison and Hinkley 1997, section 3.8). All columns see the same
    draws.

    Args:
        values: float (queries, columns).
        clusters: integer (queries,), which queries belong together.
        resamples: how many times to draw.
        confidence: coverage, between 0 and 1.
        seed: of the draws.

    Returns:
        Lower and upper ends, float64 (columns,) each; both the mean where a column is constant.
    """
    sums, sizes = cluster_sums(values, clusters)
    generator = np.random.default_rng(seed)
    means = np.empty((resamples, sums.shape[1]))
    for start in range(0, resamples, BATCH):
        stop = min(start + BATCH, resamples)
        drawn = _counts(generator, stop - start, len(sizes))
        means[start:stop] = (drawn @ sums) / (drawn @ sizes)[:, None]
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    constant = np.ptp(values, axis=0) == 0  # rounding in the sums is no uncertainty
    return np.where(constant, values[0], low), np.where(constant, values[0], high)


def bootstrap_median(
    values: np.ndarray, clusters: np.ndarray, *, resamples: int, confidence: float, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the median of float (queries,), by the draws of `bootstrap_means`."""
    _, numbers = np.unique(clusters, return_inverse=True)
    order = np.argsort(values, kind="stable")
    ordered, owner = values[order], numbers[order]
    generator = np.random.default_rng(seed)
    medians = []
    for start in range(0, resamples, BATCH):
        drawn = _counts(generator, min(BATCH, resamples - start), int(numbers.max()) + 1)
        reached = drawn[:, owner].cumsum(axis=1)
        middle = (reached >= reached[:, -1:] / 2).argmax(axis=1)
        medians.append(ordered[middle])
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(medians), [tail, 1 - tail])
    return float(low), float(high)


def paired_p_value(
    differences: np.ndarray, clusters: np.ndarray, *, resamples: int, seed: int = 0
) -> float:
    """Two-sided p-value of the hypothesis that two pairs answer queries equally well.

    A permutation test: were the pairs alike, each caption's summed difference might as well have
    the other sign (scipy's `permutation_test`, kind `samples`).

    Args:
        differences: float (queries,), score of one pair minus that of the other.
        clusters: integer (queries,), the caption of each query.
        resamples: random sign flips; the smallest p-value is 1 / (resamples + 1).
    """
    from scipy.stats import permutation_test

    sums = cluster_sums(differences[:, None], clusters)[0][:, 0]
    sums = sums[sums != 0]  # their sign does not matter
    if len(sums) < 2:  # both signs of one difference are equally extreme
        return 1.0
    test = permutation_test(
        (sums,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=BATCH,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def paired_difference(
    differences: np.ndarray, clusters: np.ndarray, *, resamples: int, confidence: float
) -> dict[str, float]:
    """`difference` (the mean), `low` and `high` of its interval, and `p_value`.

    Args:
        differences, clusters, resamples: see `paired_p_value`.
        confidence: coverage of the interval, see `bootstrap_means`.
    """
    low, high = bootstrap_means(
        differences[:, None], clusters, resamples=resamples, confidence=confidence
    )
    return {
        "difference": float(differences.mean()),
        "low": float(low[0]),
        "high": float(high[0]),
        "p_value": paired_p_value(differences, clusters, resamples=resamples),
    }


def holm(p_values: np.ndarray) -> np.ndarray:
    """P-values adjusted for their number, float (n,) (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(scaled)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return adjusted


def cluster_sums(values: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of each column over each cluster, (clusters, columns), and the sizes, (clusters,)."""
    _, numbers = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(numbers).astype(np.float64)
    columns = [np.bincount(numbers, weights=column) for column in np.asarray(values, float).T]
    return np.stack(columns, axis=1), sizes


def _counts(generator: np.random.Generator, draws: int, clusters: int) -> np.ndarray:
    """How often each cluster is in each draw, float64 (draws, clusters)."""
    chosen = generator.integers(clusters, size=(draws, clusters))
    chosen += clusters * np.arange(draws)[:, None]
    flat = np.bincount(chosen.ravel(), minlength=draws * clusters)
    return flat.reshape(draws, clusters).astype(np.float64)
