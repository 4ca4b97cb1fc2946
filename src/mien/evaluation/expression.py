"""One classifier on one split under one protocol: every figure that the protocols ask for."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.datasets.split import Split
from mien.errors import DatasetError
from mien.evaluation import metrics
from mien.evaluation.metrics import Floats, ReliabilityBin
from mien.evaluation.protocols import Protocol, vote_shares
from mien.faces.expressions import EXPRESSIONS


@dataclass(frozen=True, slots=True)
class ExpressionEvaluation:
    """Figures as fractions.

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
            "labels": list(EXPRESSIONS),
            "confusion": [list(row) for row in self.confusion],
        }


def evaluate_expression(distributions: Floats, split: Split, protocol: Protocol) -> ExpressionEvaluation:
    """Figures of the distributions (n, 8) that a classifier gave for the pictures of ``split``.

    The confidence is the largest probability; the predicted expression is the one that has it.

    Raises:
        DatasetError: the protocol keeps none of the pictures.
    """
    kept, labels = protocol.judge(split.votes)
    if not kept.any():
        raise DatasetError(f"the protocol {protocol.name} keeps none of the {len(split)} pictures: {protocol.rule}")
    labels, shares, given = labels[kept], vote_shares(split.votes[kept]), distributions[kept]
    predicted, confidence = given.argmax(axis=1), given.max(axis=1)
    right = predicted == labels
    confusion = metrics.confusion_matrix(labels, predicted, len(EXPRESSIONS))
    recall = metrics.recalls(confusion)
    by_votes = metrics.reliability(confidence, shares[np.arange(len(shares)), predicted])
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
    )
