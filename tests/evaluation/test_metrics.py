"""Metrics against scikit-learn, SciPy and worked examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics as reference

from mien.evaluation import metrics

RNG = np.random.default_rng(0)
LABELS, PREDICTED = RNG.integers(0, 8, 500), RNG.integers(0, 8, 500)


@given(st.integers(1, 5000), st.floats(0, 1))
def test_wilson_is_scipys(n: int, share: float) -> None:
    correct = round(share * n)
    expected = binomtest(correct, n).proportion_ci(method="wilson")
    assert metrics.wilson_interval(correct, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_of_nothing_is_everything() -> None:
    assert metrics.wilson_interval(0, 0) == (0.0, 1.0)


def test_confusion_recall_and_f1_are_scikit_learns() -> None:
    confusion = metrics.confusion_matrix(LABELS, PREDICTED, 8)
    np.testing.assert_array_equal(confusion, reference.confusion_matrix(LABELS, PREDICTED))
    np.testing.assert_allclose(metrics.recalls(confusion), reference.recall_score(LABELS, PREDICTED, average=None))
    np.testing.assert_allclose(metrics.f1_scores(confusion), reference.f1_score(LABELS, PREDICTED, average=None))


def test_a_class_without_pictures_has_no_recall() -> None:
    confusion = metrics.confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 3)
    assert metrics.recalls(confusion)[:2].tolist() == [0.5, 1.0]
    assert np.isnan(metrics.recalls(confusion)[2])
    assert np.isnan(metrics.f1_scores(confusion)[2])


def test_cross_entropy_with_one_hot_shares_is_log_loss() -> None:
    distributions = RNG.dirichlet(np.ones(8), 500)
    expected = reference.log_loss(LABELS, distributions, labels=np.arange(8))
    assert metrics.cross_entropy(distributions, np.eye(8)[LABELS]) == pytest.approx(expected)


def test_cross_entropy_is_least_at_the_shares_themselves() -> None:
    shares = RNG.dirichlet(np.ones(8), 50)
    floor = metrics.cross_entropy(shares, shares)
    assert floor < metrics.cross_entropy(RNG.dirichlet(np.ones(8), 50), shares)
    assert np.isfinite(metrics.cross_entropy(np.eye(8)[LABELS], np.eye(8)[PREDICTED]))


def test_calibration_error_by_hand() -> None:
    probabilities, outcomes = np.array([0.95, 0.95, 0.55, 0.0, 1.0]), np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    bins = metrics.reliability(probabilities, outcomes)
    assert [b.n for b in bins] == [1, 1, 3]
    # |0 - 0| * 1/5 + |0.55 - 1| * 1/5 + |2.9/3 - 2/3| * 3/5
    assert metrics.calibration_error(bins) == pytest.approx(0.45 / 5 + 0.9 / 5)


def test_what_comes_true_as_often_as_it_says_is_calibrated() -> None:
    probabilities = RNG.random(200_000)
    outcomes = (RNG.random(200_000) < probabilities).astype(float)
    assert metrics.calibration_error(metrics.reliability(probabilities, outcomes)) < 0.01
