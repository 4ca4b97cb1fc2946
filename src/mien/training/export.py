"""A trained network -> an ONNX file with its contract."""

import logging
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor, nn
from torch.nn import functional

from mien import __version__
from mien.datasets.split import Split
from mien.evaluation.expression import ExpressionEvaluation, evaluate_expression
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.cnn import Cnn
from mien.faces.crop import CROP_SIDE, FERPLUS_FRAMING
from mien.faces.expressions import EXPRESSIONS
from mien.files import replacing
from mien.models.contract import Accuracy, Contract
from mien.training.architectures import parameter_counts
from mien.training.expression_task import evaluate

_TRAINING_DATA: Final = (
    "FER+ train (Barsoum et al. 2016; pictures of FER2013, Goodfellow et al. 2013, a web image search; research data), "
    "without copies of validation and test pictures"
)


def export_expression(
    network: nn.Module, name: str, path: Path, *, valid_crops: Tensor, valid_shares: Tensor, test: Split
) -> tuple[Contract, list[ExpressionEvaluation]]:
    """Fits the temperature on validation, reads the test split once, and writes the network with its contract to ``path``.

    valid_crops: uint8 (n, 1, 48, 48). valid_shares: vote shares (n, 8). Returns the contract and the figures on test.
    """
    contract = Contract(
        name=name,
        version=__version__,
        licence="MIT",
        training_data=_TRAINING_DATA,
        parameters=parameter_counts(network)[1],
        colour="grey",
        scaling=255.0,
        crop=FERPLUS_FRAMING,
        labels=EXPRESSIONS,
        temperature=fit_temperature(evaluate(network, valid_crops), valid_shares),
        accuracies=(),
    )
    model = to_onnx(network)
    # The figures are those of the file that ships, read by the code that reads it for users.
    with tempfile.TemporaryDirectory() as folder:
        write_model(model, contract, Path(folder) / path.name)
        distributions = Cnn(Path(folder) / path.name).classify(test.crops)
    evaluations = [evaluate_expression(distributions, test, protocol) for protocol in PROTOCOLS.values()]
    accuracies = tuple(Accuracy(e.protocol, e.accuracy, *e.interval, e.n) for e in evaluations)
    finished = replace(contract, accuracies=accuracies)
    write_model(model, finished, path)
    return finished, evaluations


def fit_temperature(logits: Tensor, shares: Tensor) -> float:
    """The temperature that brings softmax(logits / t) closest to the vote shares, in cross-entropy (Guo et al. 2017)."""

    def loss(log_temperature: float) -> float:
        return functional.cross_entropy(logits / float(np.exp(log_temperature)), shares).item()

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def to_onnx(network: nn.Module) -> onnx.ModelProto:
    """The network in evaluation mode as an ONNX graph, crops (n, 1, 48, 48) in 0..1 -> logits (n, 8), any n."""
    # The exporter speaks of its own deprecations and of optional parts that are not installed.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        file = Path(folder) / "network.onnx"
        torch.onnx.export(
            network.eval(),
            (torch.zeros(2, 1, CROP_SIDE, CROP_SIDE),),
            file,
            input_names=["crops"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            external_data=False,
            verbose=False,
        )
        model = onnx.load_model(file)
    # The exporter's notes hold source paths of the machine that trained.
    del model.metadata_props[:]
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, model.graph):
        del part.metadata_props[:]
    return model


def write_model(model: onnx.ModelProto, contract: Contract, path: Path) -> None:
    """Writes the graph with the contract in its metadata, whole or not at all."""
    onnx.helper.set_model_props(model, contract.to_metadata())
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as partial:
        partial.write_bytes(model.SerializeToString())
