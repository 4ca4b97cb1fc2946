"""Matching and the precision-recall curve, by hand and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from mien.evaluation.detection import Match, iou, match, precision_recall

NOBODY = np.zeros(0, bool)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, float).reshape(-1, 4)


def test_overlaps_by_hand() -> None:
    a, b = boxes((0, 0, 10, 10)), boxes((5, 0, 10, 10), (0, 0, 10, 10), (20, 20, 5, 5), (2, 2, 5, 5))
    np.testing.assert_allclose(iou(a, b)[0], [50 / 150, 1, 0, 25 / 100])


def test_a_face_is_found_once_and_a_second_box_on_it_is_false() -> None:
    truth = boxes((0, 0, 10, 10))
    found = match(boxes((1, 0, 10, 10), (0, 0, 10, 10)), np.array([0.9, 0.5]), truth, np.zeros(1, bool), 0.5)
    assert found.truth.tolist() == [0, -1]
    assert not found.spared.any()


def test_faces_that_do_not_count_are_neither_found_nor_false() -> None:
    truth, ignored = boxes((0, 0, 10, 10), (30, 0, 5, 5)), np.array([False, True])
    found = match(boxes((30, 0, 5, 5), (30, 0, 5, 5.5), (60, 0, 5, 5)), np.array([0.9, 0.8, 0.7]), truth, ignored, 0.5)
    assert (found.truth.tolist(), found.spared.tolist(), found.faces) == ([-1, -1, -1], [True, True, False], 1)


@given(st.integers(0, 2**32 - 1))
def test_no_face_is_found_twice_and_nothing_below_the_least_overlap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, found = (
        np.concatenate([rng.uniform(0, 30, (n, 2)), rng.uniform(5, 20, (n, 2))], axis=1) for n in rng.integers(0, 8, 2)
    )
    ignored = rng.random(len(truth)) < 0.3
    result = match(found, rng.random(len(found)), truth, ignored, 0.4)
    hits = result.truth[result.truth >= 0]
    assert len(set(hits.tolist())) == len(hits)
    assert not ignored[hits].any()
    for i in np.flatnonzero(result.truth >= 0):
        assert iou(found, truth)[i, result.truth[i]] >= 0.4


def test_the_curve_is_scikit_learns_when_every_face_is_found() -> None:
    rng = np.random.default_rng(0)
    scores, right = rng.random(200), rng.random(200) < 0.6
    curve = precision_recall([Match(scores, np.where(right, np.arange(200), -1), np.zeros(200, bool), int(right.sum()))])
    order = np.argsort(-scores)
    raw = (np.diff(curve.recall, prepend=0) * curve.precision).sum()
    assert raw == pytest.approx(average_precision_score(right, scores))
    assert curve.average_precision >= raw
    first = right[order[:50]]
    assert curve.at(scores[order[49]]) == pytest.approx((first.mean(), first.sum() / right.sum()))


def test_ends_of_the_curve() -> None:
    nothing = precision_recall([Match(np.empty(0), np.empty(0, np.int64), NOBODY, 3)])
    assert nothing.average_precision == 0
    assert nothing.at(0.5) == (1.0, 0.0)
    curve = precision_recall([Match(np.array([0.9, 0.8, 0.7]), np.array([0, -1, 1]), np.zeros(3, bool), 2)])
    assert curve.recall_at(0.9) == 0.5
    assert curve.threshold_at(0.6) == curve.scores[curve.precision >= 0.6].min()
    assert curve.threshold_at(1.1) == 0.5
