"""A trained network as an ONNX graph -> a file with its contract, its figures those of the file that ships."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from mien import __version__
from mien.datasets.copies import find_copies
from mien.datasets.ferplus import SplitName
from mien.datasets.split import Split
from mien.evaluation.expression import evaluate_expression
from mien.evaluation.protocols import PROTOCOLS, vote_shares
from mien.faces.classifier import Classifier, Readings
from mien.faces.crop import FERPLUS_FRAMING
from mien.faces.expressions import EXPRESSIONS
from mien.files import replacing
from mien.models.contract import Accuracy, Confidence, Contract
from mien.training.card import model_card
from mien.training.examples import PROTOCOL
from mien.training.model_file import write_model

Floats = NDArray[np.float64]

_TRAINING_DATA: Final = (
    "FER+ train (Barsoum et al. 2016; pictures of FER2013, Goodfellow et al. 2013, a web image search; research data), "
    "without copies of validation and test pictures"
)
# Below it a share says no more about the label, but its logarithm would; and how strongly the weights of the regression are
# drawn. Both by five folds of validation, flat around them: ten times more or less costs a tenth or two of a point.
_FLOOR: Final = 1e-3
_DRAWN: Final = 0.03
SINGLE_VIEW: Final = "one pass, no averaging over flips"
# What is answered, and not called unsure, should be right this often on validation.
_ANSWERED_ACCURACY: Final = 0.95
# A label is rare that fewer than so many of the learned pictures have: of FER+ disgust, fear and contempt.
_RARE: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a classifier came to be, for its contract and card.

    method, targets, views: in a few words; views are what its answer about a crop is the mean of.
    rare: the favour of rare labels (see ``fit_confidence``).
    """

    name: str
    method: str
    targets: str
    parameters: int
    equalize: bool = False
    views: str = SINGLE_VIEW
    rare: float = 0.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a classifier says of pictures, distributions (n, 8), and their labels (n,)."""

    distributions: Floats
    labels: NDArray[np.int64]


def export_classifier(model: onnx.ModelProto, made: Made, path: Path, splits: Mapping[SplitName, Split]) -> Contract:
    """Fits temperature and confidence, reads test once, and writes the graph with its contract to ``path``.

    model: crops (n, 1, 48, 48) in 0..1 to logits (n, 8). splits: FER+'s train, valid and test. The card is written beside
    the file. Returns the contract.
    """
    contract = draft_contract(made.name, _TRAINING_DATA, parameters=made.parameters, equalize=made.equalize)
    train, valid, test = splits["train"], splits["valid"], splits["test"]
    copies = find_copies(train.crops, np.concatenate([valid.crops, test.crops]))
    # All is read by the code that reads it for users.
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        write_model(model, contract, draft)
        kept, _ = PROTOCOLS[PROTOCOL].judge(valid.votes)
        temperature = fit_temperature(_reader(draft).logits(valid.crops[kept]), vote_shares(valid.votes[kept]))
        contract = replace(contract, temperature=temperature)
        write_model(model, contract, draft)
        confidence = fit_confidence(_labelled(draft, train, ~copies), _labelled(draft, valid), made.rare)
        contract = replace(contract, confidence=confidence)
        write_model(model, contract, draft)
        readings = _reader(draft).read(test.crops)
    evaluations = [evaluate_expression(readings, test, protocol) for protocol in PROTOCOLS.values()]
    accuracies = tuple(Accuracy(e.protocol, e.accuracy, *e.interval, e.n) for e in evaluations)
    finished = replace(contract, accuracies=accuracies)
    write_model(model, finished, path)
    with replacing(path.with_suffix(".md")) as partial:
        card = model_card(finished, made.method, made.targets, int(copies.sum()), made.views, evaluations)
        partial.write_text(card, encoding="utf-8")
    return finished


def _reader(path: Path) -> Classifier:
    return Classifier(path, threads=os.cpu_count() or 1)


def _labelled(path: Path, split: Split, among: NDArray[np.bool_] | None = None) -> Labelled:
    kept, labels = PROTOCOLS[PROTOCOL].judge(split.votes)
    kept = kept if among is None else kept & among
    return Labelled(_reader(path).classify(split.crops[kept]), labels[kept])


def draft_contract(name: str, training_data: str, *, parameters: int, equalize: bool) -> Contract:
    """The contract of a classifier of grey crops that has been fitted to nothing and measured on nothing yet."""
    identity, none = np.eye(len(EXPRESSIONS)).tolist(), (0.0,) * len(EXPRESSIONS)
    return Contract(
        name=name,
        version=__version__,
        licence="MIT",
        training_data=training_data,
        parameters=parameters,
        colour="grey",
        scaling=255.0,
        equalize=equalize,
        crop=FERPLUS_FRAMING,
        labels=EXPRESSIONS,
        temperature=1.0,
        confidence=Confidence(tuple(map(tuple, identity)), none, floor=_FLOOR, favour=none, least=0.0),
        accuracies=(),
    )


def fit_temperature(logits: Floats, shares: Floats) -> float:
    """The temperature that brings softmax(logits / t) closest to the vote shares, in cross-entropy (Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        return float(-(shares * log_softmax(logits / np.exp(log_temperature), axis=1)).sum(axis=1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def fit_confidence(learned: Labelled, held_out: Labelled, rare: float = 0.0) -> Confidence:
    """From distributions to the chances of labels, which label is told, and where "unsure" begins.

    A multinomial logistic regression on the logarithms of the shares (Dirichlet calibration, Kull et al. 2019), its
    weights drawn towards the nearest multiple of the identity. It is fitted to the many pictures that were learned from;
    how sure it may be is fitted to validation, since a classifier is too sure of what it has learned. "Unsure" begins
    where what is surer is right 95 % of the time on validation, or at the surest reading of all if that is never so.
    ``rare`` is the favour of labels that fewer than 5 % of the learned pictures have.
    """
    weights, offsets = _regression(np.log(learned.distributions.clip(_FLOOR)), learned.labels)
    scores = np.log(held_out.distributions.clip(_FLOOR)) @ weights.T + offsets
    temperature = fit_temperature(scores, np.eye(len(weights))[held_out.labels])
    chances = softmax(scores / temperature, axis=1)
    shares = np.bincount(learned.labels, minlength=len(weights)) / len(learned.labels)
    favour = np.where(shares < _RARE, rare, 0.0)
    readings = Readings(held_out.distributions, chances, favour, least=0.0)
    confidences, right = readings.confidences, readings.labels == held_out.labels
    order = np.argsort(-confidences, kind="stable")
    good = np.flatnonzero(np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= _ANSWERED_ACCURACY)
    return Confidence(
        weights=tuple(map(tuple, (weights / temperature).round(4).tolist())),
        offsets=tuple((offsets / temperature).round(4).tolist()),
        floor=_FLOOR,
        favour=tuple(favour.tolist()),
        least=float(confidences[order[good[-1] if len(good) else 0]]),
    )


def _regression(evidence: Floats, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Weights (k, k) and offsets (k,) of the multinomial logistic regression from ``evidence`` (n, k) to ``labels`` (n,)."""
    n, k = evidence.shape
    wanted, identity = np.eye(k)[labels], np.eye(k)

    def loss(numbers: Floats) -> tuple[float, Floats]:
        weights, offsets = numbers[:-k].reshape(k, k), numbers[-k:]
        away = weights - np.trace(weights) / k * identity
        chances = log_softmax(evidence @ weights.T + offsets, axis=1)
        excess = (np.exp(chances) - wanted) / n
        gradient = [(excess.T @ evidence + 2 * _DRAWN * away).ravel(), excess.sum(axis=0)]
        return float(-(wanted * chances).sum() / n + _DRAWN * (away**2).sum()), np.concatenate(gradient)

    # Few pictures, or easy ones, could be fitted by a step: hence bounds.
    start = np.r_[identity.ravel(), np.zeros(k)]
    numbers = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-20, 20)] * len(start)).x
    return numbers[:-k].reshape(k, k), numbers[-k:]
