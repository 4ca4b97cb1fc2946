"""Metrics of classifiers: labels and vote shares against distributions."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

BINS = 15


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Mean probability and mean outcome (a vote share, or the rate of being right) of the ``n`` pictures in one bin."""

    probability: float
    outcome: float
    n: int


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    p = correct / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> NDArray[np.int64]:
    """(classes, classes) counts: rows are the labels, columns what was predicted."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def recalls(confusion: NDArray[np.int64]) -> Floats:
    """Share of each label's pictures that were predicted right, (classes,); NaN for a label without pictures."""
    totals = confusion.sum(axis=1)
    return _ratio(np.diag(confusion), totals)


def f1_scores(confusion: NDArray[np.int64]) -> Floats:
    """2 TP / (2 TP + FP + FN) of each label, (classes,); NaN for one that is neither a label nor predicted."""
    hits = np.diag(confusion)
    total = confusion.sum(axis=0) + confusion.sum(axis=1)
    return _ratio(2 * hits, total)


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    ratios: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return ratios


def cross_entropies(distributions: Floats, shares: Floats) -> Floats:
    """-sum(share * ln p) of each picture, in nats: (n,); both arguments (n, classes). A zero probability counts as 1e-12."""
    return np.asarray(-(shares * np.log(np.maximum(distributions, 1e-12))).sum(axis=1))


def cross_entropy(distributions: Floats, shares: Floats) -> float:
    """The mean of ``cross_entropies``."""
    return float(cross_entropies(distributions, shares).mean())


def reliability(probabilities: Floats, outcomes: Floats) -> list[ReliabilityBin]:
    """The filled ones of 15 equal bins of the predicted probability; both arguments (n,), in 0..1."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return [
        ReliabilityBin(float(probabilities[bins == b].mean()), float(outcomes[bins == b].mean()), int((bins == b).sum()))
        for b in np.unique(bins)
    ]


def calibration_error(bins: list[ReliabilityBin]) -> float:
    """Mean distance of probability and outcome over the bins, weighted by their pictures (Naeini et al. 2015)."""
    return sum(b.n * abs(b.probability - b.outcome) for b in bins) / sum(b.n for b in bins)


def risk_coverage(confidences: Floats, right: NDArray[np.bool_], points: int = 200) -> list[tuple[float, float]]:
    """(share answered, share of it right) when only the surest are answered, from few to all (El-Yaniv & Wiener 2010)."""
    hits = np.cumsum(right[np.argsort(-confidences, kind="stable")])
    counts = np.unique(np.linspace(1, len(hits), min(points, len(hits))).round().astype(int))
    return [(float(n / len(hits)), float(hits[n - 1] / n)) for n in counts]


def mcnemar(right: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Two-sided p-value of McNemar's exact test: do two classifiers err equally often on the same pictures (n,)?"""
    from scipy.stats import binomtest

    only, only_other = int((right & ~other).sum()), int((other & ~right).sum())
    return float(binomtest(only, only + only_other).pvalue) if only + only_other else 1.0
