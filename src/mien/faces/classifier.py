"""What reads crops: an ONNX file that carries its whole contract, whether convolutional network, perceptron or tree."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.faces.crop import equalized
from mien.faces.expressions import EXPRESSIONS
from mien.models.contract import Contract
from mien.models.session import open_session

# More crops at once are no faster and cost memory: the first layers hold 74 KB a crop for each 8 channels.
_BATCH: Final = 64


@dataclass(frozen=True, slots=True)
class Readings:
    """What a classifier says of many crops.

    distributions: (n, 8), each summing to 1: how ten people would vote.
    chances: (n, 8), each summing to 1, of each expression to be the label, what most of them would choose.
    favour: (8,), of each expression (see ``Confidence``).
    least: the confidence under which the classifier calls a reading unsure.
    """

    distributions: NDArray[np.float64]
    chances: NDArray[np.float64]
    favour: NDArray[np.float64]
    least: float

    @property
    def labels(self) -> NDArray[np.int64]:
        """The number of the expression told of each: the likeliest, rare ones favoured (n,)."""
        return np.asarray((self.chances * np.exp(self.favour)).argmax(axis=1))

    @property
    def confidences(self) -> NDArray[np.float64]:
        """The chance of each label to be right: (n,)."""
        return np.asarray(self.chances[np.arange(len(self.chances)), self.labels])


class Classifier:
    """Crops -> distributions, on ONNX Runtime. One instance may be called from several threads at once."""

    def __init__(self, name_or_path: str | Path, *, threads: int = 1) -> None:
        """
        Args:
            name_or_path: a shipped network's name, or a file.
            threads: that it may use.

        Raises:
            ModelError: the file is missing or damaged, or not a classifier of grey crops into our expressions.
        """
        self._session, self._contract = open_session(name_or_path, Contract, threads=threads)
        contract, side = self._contract, self._contract.crop.side
        if contract.labels != EXPRESSIONS or contract.colour != "grey":
            raise ModelError(
                f"{name_or_path}: expected grey input and the labels {', '.join(EXPRESSIONS)}; "
                f"its contract says {contract.colour} and {', '.join(contract.labels)}"
            )
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shapes = [node.shape[1:] for node in (*inputs, *outputs)]
        expected = [[1, side, side], [len(EXPRESSIONS)]]
        if shapes != expected:
            raise ModelError(f"{name_or_path}: expected input and output (n, ...) of {expected}, got {shapes}")
        self._input = inputs[0].name

    @property
    def contract(self) -> Contract:
        """The crop it expects, its labels, its accuracy."""
        return self._contract

    def logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The network's own outputs (n, 8), before temperature and soft-max, of grey crops (n, 48, 48), 0..255."""
        side = self._contract.crop.side
        if crops.dtype != np.uint8 or crops.shape[1:] != (side, side):
            raise ValueError(f"expected uint8 crops (n, {side}, {side}), got {crops.dtype} {crops.shape}")
        result = np.empty((len(crops), len(EXPRESSIONS)))
        for start in range(0, len(crops), _BATCH):
            chosen = crops[start : start + _BATCH]
            prepared = equalized(chosen) if self._contract.equalize else chosen
            batch = prepared[:, None].astype(np.float32) / np.float32(self._contract.scaling)
            result[start : start + _BATCH] = self._session.run(None, {self._input: batch})[0]
        return result

    def classify(self, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Distributions (n, 8), each summing to 1, of grey crops (n, 48, 48), 0..255; n may be 0."""
        return _softmax(self.logits(crops) / self._contract.temperature)

    def read(self, crops: NDArray[np.uint8]) -> Readings:
        """What it says of grey crops (n, 48, 48), 0..255; n may be 0."""
        return self.judge(self.classify(crops))

    def judge(self, distributions: NDArray[np.float64]) -> Readings:
        """Which labels distributions (n, 8) speak for, and how surely."""
        rule = self._contract.confidence
        evidence = np.log(distributions.clip(rule.floor))
        chances = _softmax(evidence @ np.array(rule.weights).T + np.array(rule.offsets))
        return Readings(distributions, chances, np.array(rule.favour), rule.least)


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    shares: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares
