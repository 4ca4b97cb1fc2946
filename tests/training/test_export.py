"""torch and ONNX Runtime agree; the contract travels; temperature and confidence are the best ones."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from torch.nn import functional

from mien.datasets import ferplus
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Classifier
from mien.training import export
from mien.training.architectures import ARCHITECTURES
from mien.training.export import Labelled, Made, export_classifier, fit_confidence, fit_temperature
from mien.training.expression_task import evaluate
from mien.training.torch_export import expression_to_onnx


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_torch_and_onnx_runtime_agree(name: str, small_ferplus: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ARCHITECTURES[name]()
    network.train()
    for _ in range(3):  # gives the running statistics values of their own
        network(torch.rand(32, 1, 48, 48))
    splits = {split: ferplus.load(small_ferplus, split) for split in ferplus.FOLDERS}
    valid = splits["valid"]
    crops = torch.from_numpy(valid.crops).unsqueeze(1)
    path = tmp_path / "n.onnx"
    made = Made(name=name, method="by a test", targets="the votes", parameters=5)
    contract = export_classifier(expression_to_onnx(network), made, path, splits)
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


def drawn(rng: np.random.Generator, n: int, own: float, offsets: NDArray[np.float64]) -> tuple[Labelled, NDArray[np.float64]]:
    """Distributions, labels drawn by softmax(own * log + offsets), and the chances by which they were."""
    distributions = rng.dirichlet(np.full(len(offsets), 0.25), n).clip(1e-3)
    chances = softmax(own * np.log(distributions) + offsets, axis=1)
    labels = (chances.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return Labelled(distributions, labels), chances


def test_the_confidence_is_the_rule_that_chose_the_labels() -> None:
    rng, offsets = np.random.default_rng(0), np.array([-0.5, 0, 0, 0, -0.3, 0, 0.2, 0.6])
    learned, _ = drawn(rng, 40_000, 3.0, 3.0 / 1.8 * offsets)
    held_out, chances = drawn(rng, 40_000, 1.8, offsets)
    found = fit_confidence(learned, held_out)
    given = np.log(held_out.distributions) @ np.array(found.weights).T + np.array(found.offsets)
    assert np.abs(softmax(given, axis=1) - chances).mean() < 0.01
    assert (given.argmax(axis=1) == chances.argmax(axis=1)).mean() > 0.97
    answered = chances.max(axis=1) >= found.least
    assert (held_out.labels == chances.argmax(axis=1))[answered].mean() == pytest.approx(0.95, abs=5e-3)
    assert 0.2 < answered.mean() < 0.8


def test_a_rare_label_is_told_where_another_is_somewhat_likelier_and_its_chance_stays() -> None:
    rng, offsets = np.random.default_rng(2), np.array([0.0, 0.0, -12.0])
    learned, _ = drawn(rng, 20_000, 2.0, offsets)
    held_out, _ = drawn(rng, 20_000, 2.0, offsets)
    assert np.bincount(learned.labels)[2] < 0.05 * len(learned.labels)
    plain, favouring = fit_confidence(learned, held_out), fit_confidence(learned, held_out, rare=0.5)
    assert (plain.favour, favouring.favour) == ((0, 0, 0), (0, 0, 0.5))
    assert (plain.weights, plain.offsets) == (favouring.weights, favouring.offsets)
    given = np.log(held_out.distributions) @ np.array(favouring.weights).T + np.array(favouring.offsets)
    told = (given + favouring.favour).argmax(axis=1)
    assert (told != given.argmax(axis=1)).any()
    answered = softmax(given, axis=1)[np.arange(len(told)), told] >= favouring.least
    assert (told == held_out.labels)[answered].mean() == pytest.approx(0.95, abs=5e-3)


def test_the_confidence_is_scikit_learns_regression_where_nothing_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_DRAWN", 0.0)
    data, _ = drawn(np.random.default_rng(1), 3000, 1.5, np.array([0.2, -0.3, 0.0, 0.4]))
    evidence = np.log(data.distributions)
    found = fit_confidence(data, data)
    scores = evidence @ np.array(found.weights).T + np.array(found.offsets)
    reference = LogisticRegression(C=1e9, tol=1e-8, max_iter=1000).fit(evidence, data.labels)
    np.testing.assert_allclose(softmax(scores, axis=1), reference.predict_proba(evidence), atol=2e-3)


@pytest.mark.parametrize("labels", [np.zeros(50, int), np.arange(50) % 8])
def test_the_confidence_stays_finite_where_labels_are_easy_or_missing(labels: NDArray[np.int64]) -> None:
    easy = Labelled(np.eye(8)[labels], labels)
    found = fit_confidence(easy, easy)
    assert 0 <= found.least <= 1
    assert np.isfinite(found.weights).all()
