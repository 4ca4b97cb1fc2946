"""One classifier on one split under one protocol: every figure that the protocols ask for."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.datasets.split import Split
from mien.errors import DatasetError
from mien.evaluation import metrics
from mien.evaluation.metrics import ReliabilityBin
from mien.evaluation.protocols import Protocol, vote_shares
from mien.faces.classifier import Readings
from mien.faces.expressions import EXPRESSIONS


@dataclass(frozen=True, slots=True)
class ExpressionEvaluation:
    """Figures as fractions.

    coverage, answered_accuracy: the share that is not "unsure" by the classifier's own measure, and how much of it is right.
    risk_coverage: (coverage, accuracy of what is answered) as the least confidence falls.
    interval: 95 % Wilson. confusion: rows are labels, columns predictions, in the order of the expressions.
    recall: NaN for an expression that is no picture's label; the macro means leave those out.
    cross_entropy: nats, against the votes. distribution_calibration: of the predicted expression's probability against
    its vote share. confidence_calibration: of the confidence against being right. Both over 15 bins.
    """

    protocol: str
    n: int
    accuracy: float
    interval: tuple[float, float]
    recall: tuple[float, ...]
    macro_recall: float
    macro_f1: float
    cross_entropy: float
    distribution_calibration: float
    confidence_calibration: float
    distribution_reliability: tuple[ReliabilityBin, ...]
    confidence_reliability: tuple[ReliabilityBin, ...]
    confusion: tuple[tuple[int, ...], ...]
    coverage: float
    answered_accuracy: float
    risk_coverage: tuple[tuple[float, float], ...]

    def to_json(self) -> dict[str, Any]:
        """The figures under their names; recall by expression, None where there is no picture of it."""
        return {
            "protocol": self.protocol,
            "n": self.n,
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "recall": {name: None if np.isnan(r) else r for name, r in zip(EXPRESSIONS, self.recall, strict=True)},
            "macro_recall": self.macro_recall,
            "macro_f1": self.macro_f1,
            "cross_entropy": self.cross_entropy,
            "distribution_calibration": self.distribution_calibration,
            "confidence_calibration": self.confidence_calibration,
            "coverage": self.coverage,
            "answered_accuracy": None if np.isnan(self.answered_accuracy) else self.answered_accuracy,
            "labels": list(EXPRESSIONS),
            "confusion": [list(row) for row in self.confusion],
        }


def evaluate_expression(readings: Readings, split: Split, protocol: Protocol) -> ExpressionEvaluation:
    """Figures of what a classifier said of the pictures of ``split``; it predicts the labels told.

    Raises:
        DatasetError: the protocol keeps none of the pictures.
    """
    kept, labels = protocol.judge(split.votes)
    if not kept.any():
        raise DatasetError(f"the protocol {protocol.name} keeps none of the {len(split)} pictures: {protocol.rule}")
    labels, shares = labels[kept], vote_shares(split.votes[kept])
    given, predicted, confidence = readings.distributions[kept], readings.labels[kept], readings.confidences[kept]
    answered, rows = confidence >= readings.least, np.arange(len(labels))
    right = predicted == labels
    confusion = metrics.confusion_matrix(labels, predicted, len(EXPRESSIONS))
    recall = metrics.recalls(confusion)
    by_votes = metrics.reliability(given[rows, predicted], shares[rows, predicted])
    by_label = metrics.reliability(confidence, right.astype(np.float64))
    return ExpressionEvaluation(
        protocol=protocol.name,
        n=len(labels),
        accuracy=float(right.mean()),
        interval=metrics.wilson_interval(int(right.sum()), len(right)),
        recall=tuple(recall.tolist()),
        macro_recall=float(np.nanmean(recall)),
        macro_f1=float(np.nanmean(metrics.f1_scores(confusion))),
        cross_entropy=metrics.cross_entropy(given, shares),
        distribution_calibration=metrics.calibration_error(by_votes),
        confidence_calibration=metrics.calibration_error(by_label),
        distribution_reliability=tuple(by_votes),
        confidence_reliability=tuple(by_label),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        coverage=float(answered.mean()),
        answered_accuracy=float(right[answered].mean()) if answered.any() else float("nan"),
        risk_coverage=tuple(metrics.risk_coverage(confidence, right)),
    )
