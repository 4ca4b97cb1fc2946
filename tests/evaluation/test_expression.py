import json

import numpy as np
import pytest

from mien.datasets.split import Split
from mien.errors import DatasetError
from mien.evaluation.expression import evaluate_expression
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Readings


def split_of(votes: list[list[int]]) -> Split:
    return Split(np.zeros((len(votes), 48, 48), np.uint8), np.array(votes, np.uint8), np.arange(len(votes)))


def one_hot(*classes: int) -> Readings:
    said, confidences = np.eye(8)[list(classes)], np.array([1.0, 1.0, 0.4, 1.0])[: len(classes), None]
    return Readings(said, confidences * said + (1 - confidences) / 7 * (1 - said), np.zeros(8), 0.5)


SPLIT = split_of([[10] + [0] * 9, [0, 10] + [0] * 8, [0, 10] + [0] * 8, [0] * 8 + [10, 0]])


def test_figures_by_hand() -> None:
    evaluation = evaluate_expression(one_hot(0, 1, 0, 3), SPLIT, PROTOCOLS["ferplus-8"])
    assert evaluation.n == 3
    assert evaluation.accuracy == pytest.approx(2 / 3)
    assert evaluation.recall[:2] == (1.0, 0.5)
    assert evaluation.macro_recall == 0.75
    assert evaluation.confusion[1][:2] == (1, 1)
    assert evaluation.confidence_calibration == pytest.approx(0.4 / 3)
    assert (evaluation.coverage, evaluation.answered_accuracy) == (pytest.approx(2 / 3), 1.0)
    assert evaluation.risk_coverage == ((pytest.approx(1 / 3), 1.0), (pytest.approx(2 / 3), 1.0), (1.0, pytest.approx(2 / 3)))


def test_json_has_fractions_and_no_nan() -> None:
    told = json.loads(
        json.dumps(evaluate_expression(one_hot(0, 1, 0, 3), SPLIT, PROTOCOLS["ferplus-8"]).to_json(), allow_nan=False)
    )
    assert told["recall"]["happiness"] == 0.5
    assert told["recall"]["fear"] is None
    assert told["interval"][0] < told["accuracy"] < told["interval"][1]


def test_a_protocol_that_keeps_nothing_is_told() -> None:
    with pytest.raises(DatasetError, match="ferplus-8 keeps none of the 1 pictures"):
        evaluate_expression(one_hot(0), split_of([[0] * 9 + [10]]), PROTOCOLS["ferplus-8"])


def test_the_label_is_what_is_said_whatever_has_the_largest_share_or_chance() -> None:
    shares, chances = np.full((4, 8), 0.08), np.full((4, 8), 0.1)
    shares[:, 2], chances[:, 0], chances[:, 1] = 0.44, 0.3, 0.4
    readings = Readings(shares, chances, np.log([2.0, *[1.0] * 7]), 0.5)
    evaluation = evaluate_expression(readings, SPLIT, PROTOCOLS["ferplus-8"])
    assert [row[0] for row in evaluation.confusion[:2]] == [1, 2]
    assert evaluation.accuracy == pytest.approx(1 / 3)
    assert evaluation.distribution_calibration == pytest.approx(abs(0.08 - 1 / 3))
    assert evaluation.confidence_calibration == pytest.approx(abs(0.3 - 1 / 3))
