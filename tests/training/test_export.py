"""torch and ONNX Runtime agree; the contract travels; temperature and confidence are the best ones."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnxruntime import InferenceSession
from scipy.special import expit, softmax
from torch.nn import functional

from mien.datasets import ferplus
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Classifier
from mien.training.architectures import ARCHITECTURES
from mien.training.export import Made, export_classifier, fit_confidence, fit_temperature
from mien.training.expression_task import evaluate
from mien.training.torch_export import expression_to_onnx


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_torch_and_onnx_runtime_agree(name: str, small_ferplus: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES[name]()
    network.train()
    for _ in range(3):  # gives the running statistics values of their own
        network(torch.rand(32, 1, 48, 48))
    valid, test = ferplus.load(small_ferplus, "valid"), ferplus.load(small_ferplus, "test")
    crops = torch.from_numpy(valid.crops).unsqueeze(1)
    path = tmp_path / "n.onnx"
    made = Made(name=name, method="by a test", targets="the votes", copies=3, parameters=5)
    contract = export_classifier(expression_to_onnx(network), made, path, valid=valid, test=test)
    classifier = Classifier(path)
    np.testing.assert_allclose(classifier.logits(valid.crops), evaluate(network, crops), atol=1e-5)
    distributions = functional.softmax(evaluate(network, crops) / contract.temperature, dim=1)
    np.testing.assert_allclose(classifier.classify(valid.crops), distributions, atol=1e-5)
    assert classifier.contract == contract
    assert [a.protocol for a in contract.accuracies] == list(PROTOCOLS)
    assert str(Path.cwd()) not in str(onnx.load(path))
    assert "By a test".lower() in path.with_suffix(".md").read_text(encoding="utf-8")


def test_a_mirrored_graph_reads_left_and_right_alike(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES["mien-tiny"]()
    crops = torch.rand(3, 1, 48, 48)
    onnx.save(expression_to_onnx(network, mirrored=True), tmp_path / "n.onnx")
    session = InferenceSession(tmp_path / "n.onnx")
    here, there = (session.run(None, {"crops": x.numpy()})[0] for x in (crops, crops.flip(3)))
    np.testing.assert_allclose(here, there, atol=1e-5)
    with torch.inference_mode():
        np.testing.assert_allclose(here, (network(crops) + network(crops.flip(3))) / 2, atol=1e-5)


def test_the_temperature_is_the_one_that_made_the_shares() -> None:
    logits = 3 * np.random.default_rng(0).normal(size=(400, 8))
    for temperature in (0.5, 1.0, 2.5):
        assert fit_temperature(logits, softmax(logits / temperature, axis=1)) == pytest.approx(temperature, rel=1e-2)


def test_the_confidence_is_the_curve_that_decided_who_is_right() -> None:
    rng = np.random.default_rng(0)
    largest = rng.uniform(0.3, 0.99, 40_000)
    x = np.log(largest / (1 - largest))
    right = rng.random(len(x)) < expit(1.5 * x + 0.4)
    found = fit_confidence(largest, right)
    assert (found.slope, found.offset) == (pytest.approx(1.5, abs=0.06), pytest.approx(0.4, abs=0.06))
    answered = expit(found.slope * x + found.offset) >= found.least
    assert right[answered].mean() == pytest.approx(0.95, abs=1e-3)
    assert 0.2 < answered.mean() < 0.8


@pytest.mark.parametrize("right", [True, False])
def test_the_confidence_stays_finite_where_all_are_right_or_none(right: bool) -> None:
    largest = np.random.default_rng(0).uniform(0.3, 0.99, 50)
    found = fit_confidence(largest, np.full(50, right))
    assert 0 <= found.least <= 1
