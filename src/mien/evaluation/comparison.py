"""Methods side by side on the same pictures: figures of each, tests between them, what one got right and others wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.evaluation import metrics
from mien.faces.expressions import EXPRESSIONS, Expression


@dataclass(frozen=True, slots=True)
class Method:
    """What one method said of every picture.

    distributions: (n, 8), zero for expressions that were not asked for. how: how it came to its weights.
    training_seconds: None where it was not trained here. reading_seconds: for all n pictures, on one thread,
    while other folds may be trained on others.
    """

    name: str
    how: str
    distributions: NDArray[np.float64]
    training_seconds: float | None
    reading_seconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Methods on the pictures with these labels (n,); names (n) of the pictures; expressions: those asked for.

    rule: where the pictures come from and how training and test were kept apart.
    """

    rule: str
    expressions: tuple[Expression, ...]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    methods: tuple[Method, ...]

    def right(self, method: Method) -> NDArray[np.bool_]:
        """Which pictures the method read right: (n,)."""
        return np.asarray(method.distributions.argmax(axis=1) == self.labels)

    def confusion(self, method: Method) -> NDArray[np.int64]:
        """Counts; rows are labels, columns predictions, in the order of ``expressions``."""
        whole = metrics.confusion_matrix(self.labels, method.distributions.argmax(axis=1), len(EXPRESSIONS))
        chosen = [EXPRESSIONS.index(name) for name in self.expressions]
        return whole[np.ix_(chosen, chosen)]

    def alone(self, method: Method, *, right: bool) -> NDArray[np.int64]:
        """The pictures that this method alone read right, or wrong, the ones it was surest of first."""
        rest = [self.right(other) != right for other in self.methods if other is not method]
        alone = np.flatnonzero((self.right(method) == right) & np.all([np.ones(len(self.labels), bool), *rest], axis=0))
        return alone[np.argsort(-method.distributions[alone].max(axis=1), kind="stable")]

    def always(self) -> float:
        """The accuracy of always saying the most frequent label."""
        return float(np.bincount(self.labels).max() / len(self.labels))

    def to_json(self) -> dict[str, Any]:
        """All figures, fractions."""
        return {
            "rule": self.rule,
            "n": len(self.labels),
            "expressions": list(self.expressions),
            "always_most_frequent": self.always(),
            "methods": {method.name: self._figures(method) for method in self.methods},
            "mcnemar": [
                {"methods": [a.name, b.name], "p": metrics.mcnemar(self.right(a), self.right(b))}
                for a, b in combinations(self.methods, 2)
            ],
        }

    def _figures(self, method: Method) -> dict[str, Any]:
        right, confusion = self.right(method), self.confusion(method)
        recalls = metrics.recalls(confusion)
        return {
            "how": method.how,
            "accuracy": float(right.mean()),
            "interval": list(metrics.wilson_interval(int(right.sum()), len(right))),
            "macro_recall": float(np.nanmean(recalls)),
            "recall": dict(zip(self.expressions, _numbers(recalls), strict=True)),
            "confusion": confusion.tolist(),
            "training_seconds": method.training_seconds,
            "reading_seconds": method.reading_seconds,
        }


def _numbers(values: Sequence[float] | NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in values]
