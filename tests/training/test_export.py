"""torch and ONNX Runtime agree; the contract travels; the temperature is the best one."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch.nn import functional

from mien.datasets import ferplus
from mien.evaluation.protocols import PROTOCOLS, vote_shares
from mien.faces.classifier import Classifier
from mien.training.architectures import ARCHITECTURES
from mien.training.export import export_expression, fit_temperature
from mien.training.expression_task import evaluate


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_torch_and_onnx_runtime_agree(name: str, small_ferplus: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES[name]()
    network.train()
    for _ in range(3):  # gives the running statistics values of their own
        network(torch.rand(32, 1, 48, 48))
    valid, test = ferplus.load(small_ferplus, "valid"), ferplus.load(small_ferplus, "test")
    crops = torch.from_numpy(valid.crops).unsqueeze(1)
    shares = torch.from_numpy(vote_shares(valid.votes).astype(np.float32))
    path = tmp_path / "n.onnx"
    contract, _ = export_expression(network, name, path, valid_crops=crops, valid_shares=shares, test=test)
    classifier = Classifier(path)
    np.testing.assert_allclose(classifier.logits(valid.crops), evaluate(network, crops), atol=1e-5)
    distributions = functional.softmax(evaluate(network, crops) / contract.temperature, dim=1)
    np.testing.assert_allclose(classifier.classify(valid.crops), distributions, atol=1e-5)
    assert classifier.contract == contract
    assert [a.protocol for a in contract.accuracies] == list(PROTOCOLS)
    assert str(Path.cwd()) not in str(onnx.load(path))


def test_the_temperature_is_the_one_that_made_the_shares() -> None:
    logits = 3 * torch.randn(400, 8, generator=torch.Generator().manual_seed(0))
    for temperature in (0.5, 1.0, 2.5):
        assert fit_temperature(logits, functional.softmax(logits / temperature, dim=1)) == pytest.approx(temperature, rel=1e-2)
