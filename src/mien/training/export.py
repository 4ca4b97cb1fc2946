"""A trained network as an ONNX graph -> a file with its contract, its figures those of the file that ships."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, logit

from mien import __version__
from mien.datasets.split import Split
from mien.evaluation.expression import evaluate_expression
from mien.evaluation.protocols import PROTOCOLS, vote_shares
from mien.faces.classifier import Classifier
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
# Few pictures, or easy ones, could be fitted by a step; and surer must never mean less often right.
_CURVE_BOUNDS: Final = ((0.05, 20.0), (-20.0, 20.0))
# What is answered, and not called unsure, should be right this often on validation.
_ANSWERED_ACCURACY: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a classifier came to be, for its contract and card.

    method, targets: in a few words. copies: training pictures left out because validation or test holds them too.
    mirrored: it averages over a crop and its mirror image.
    """

    name: str
    method: str
    targets: str
    copies: int
    parameters: int
    equalize: bool = False
    mirrored: bool = False


def export_classifier(model: onnx.ModelProto, made: Made, path: Path, *, valid: Split, test: Split) -> Contract:
    """Fits temperature and confidence on validation, reads test once, and writes the graph with its contract to ``path``.

    model: crops (n, 1, 48, 48) in 0..1 to logits (n, 8). The card is written beside it. Returns the contract.
    """
    contract = draft_contract(made.name, _TRAINING_DATA, parameters=made.parameters, equalize=made.equalize)
    # All is read by the code that reads it for users.
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        write_model(model, contract, draft)
        kept, labels = PROTOCOLS[PROTOCOL].judge(valid.votes)
        logits = Classifier(draft).logits(valid.crops[kept])
        temperature = fit_temperature(logits, vote_shares(valid.votes[kept]))
        largest = np.exp(log_softmax(logits / temperature, axis=1)).max(axis=1)
        confidence = fit_confidence(largest, logits.argmax(axis=1) == labels[kept])
        contract = replace(contract, temperature=temperature, confidence=confidence)
        write_model(model, contract, draft)
        readings = Classifier(draft).read(test.crops)
    evaluations = [evaluate_expression(readings, test, protocol) for protocol in PROTOCOLS.values()]
    accuracies = tuple(Accuracy(e.protocol, e.accuracy, *e.interval, e.n) for e in evaluations)
    finished = replace(contract, accuracies=accuracies)
    write_model(model, finished, path)
    with replacing(path.with_suffix(".md")) as partial:
        views = "the mean over a crop and its mirror image" if made.mirrored else "one pass, no averaging over flips"
        card = model_card(finished, made.method, made.targets, made.copies, views, evaluations)
        partial.write_text(card, encoding="utf-8")
    return finished


def draft_contract(name: str, training_data: str, *, parameters: int, equalize: bool) -> Contract:
    """The contract of a classifier of grey crops that has been fitted to nothing and measured on nothing yet."""
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
        confidence=Confidence(slope=1.0, offset=0.0, least=0.0),
        accuracies=(),
    )


def fit_temperature(logits: Floats, shares: Floats) -> float:
    """The temperature that brings softmax(logits / t) closest to the vote shares, in cross-entropy (Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        return float(-(shares * log_softmax(logits / np.exp(log_temperature), axis=1)).sum(axis=1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def fit_confidence(largest: Floats, right: NDArray[np.bool_]) -> Confidence:
    """The logistic curve from the largest probability (n,) to being right (n,) (Platt 1999), and where "unsure" begins.

    It begins where what is surer is right 95 % of the time, or at the surest reading of all if that is never so.
    """
    x = logit(largest.clip(1e-6, 1 - 1e-6))
    # Platt's targets, a little short of 1 and 0, keep the curve finite where all are right, or none.
    hits, misses = int(right.sum()), int((~right).sum())
    goal = np.where(right, (hits + 1) / (hits + 2), 1 / (misses + 2))

    def loss(curve: Floats) -> float:
        z = curve[0] * x + curve[1]
        return float((np.logaddexp(0, z) - goal * z).mean())

    slope, offset = minimize(loss, np.array([1.0, 0.0]), bounds=_CURVE_BOUNDS).x
    confidences = np.sort(expit(slope * x + offset))[::-1]
    surest = np.cumsum(right[np.argsort(-(slope * x + offset), kind="stable")])
    good = np.flatnonzero(surest / np.arange(1, len(surest) + 1) >= _ANSWERED_ACCURACY)
    return Confidence(float(slope), float(offset), float(confidences[good[-1] if len(good) else 0]))
