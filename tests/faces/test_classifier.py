"""The shipped classifiers: contract, distributions, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from mien.errors import ModelError
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Classifier
from mien.faces.crop import CROP_SIDE
from mien.faces.expressions import EXPRESSIONS
from mien.models.catalog import CATALOG, DEFAULT_MODEL
from mien.models.contract import Contract

CLASSIFIERS = [name for name, entry in CATALOG.items() if entry.contract is Contract]

CROPS = np.random.default_rng(0).integers(0, 256, (150, CROP_SIDE, CROP_SIDE), dtype=np.uint8)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_distributions_sum_to_one_whatever_the_batch(name: str) -> None:
    classifier = Classifier(name)
    distributions = classifier.classify(CROPS)
    assert distributions.shape == (150, len(EXPRESSIONS))
    np.testing.assert_allclose(distributions.sum(axis=1), 1, atol=1e-9)
    single = np.concatenate([classifier.classify(crop[None]) for crop in CROPS[:5]])
    np.testing.assert_allclose(single, distributions[:5], atol=1e-5)
    assert classifier.classify(CROPS[:0]).shape == (0, len(EXPRESSIONS))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_contract_states_accuracy_under_every_protocol(name: str) -> None:
    contract = Classifier(name).contract
    assert contract.name == name
    assert contract.labels == EXPRESSIONS
    assert {a.protocol: a.n for a in contract.accuracies} == {"ferplus-8": 3545, "ferplus-majority": 3137, "ferplus-seed": 3573}
    assert set(PROTOCOLS) == {a.protocol for a in contract.accuracies}
    assert all(0.4 < a.low < a.accuracy < a.high < 1 for a in contract.accuracies)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_what_most_would_choose_is_the_label_and_the_surer_the_more_would(name: str) -> None:
    shares = np.array([0.6, 0.7, 0.8, 0.9])[:, None, None]
    distributions = shares * np.eye(8) + (1 - shares) / 7 * (1 - np.eye(8))
    judged = [Classifier(name).judge(distributions[:, expression]) for expression in range(8)]
    for expression, readings in enumerate(judged):
        assert (readings.labels == expression).all()
        assert (np.diff(readings.confidences) > 0).all()
        np.testing.assert_allclose(readings.chances.sum(axis=1), 1, atol=1e-9)
    assert 0 < judged[0].least < 1


def test_a_rare_expression_is_told_where_another_is_only_somewhat_likelier() -> None:
    readings = Classifier(DEFAULT_MODEL).judge(np.random.default_rng(0).dirichlet(np.full(8, 0.5), 2000))
    likeliest = readings.chances.argmax(axis=1)
    changed = readings.labels != likeliest
    assert 0.01 < changed.mean() < 0.2
    assert {EXPRESSIONS[label] for label in readings.labels[changed]} == {"disgust", "fear", "contempt"}
    np.testing.assert_array_equal(readings.confidences, readings.chances[np.arange(2000), readings.labels])
    assert (readings.confidences > readings.chances.max(axis=1) / np.exp(0.5)).all()


def test_what_is_read_is_classified_and_judged() -> None:
    classifier = Classifier(DEFAULT_MODEL)
    readings = classifier.read(CROPS)
    np.testing.assert_array_equal(readings.distributions, classifier.classify(CROPS))
    np.testing.assert_array_equal(readings.chances, classifier.judge(readings.distributions).chances)
    assert ((readings.confidences > 0) & (readings.confidences < 1)).all()
    assert len(classifier.read(CROPS[:0]).labels) == 0


def test_the_seed_network_has_the_seeds_size_and_accuracy() -> None:
    contract = Classifier("seed").contract
    assert contract.parameters == 711_784
    accuracies = {a.protocol: a.accuracy for a in contract.accuracies}
    assert accuracies["ferplus-8"] >= 0.80
    assert accuracies["ferplus-seed"] >= 0.80


def test_our_networks_are_smaller_than_the_seeds_and_the_default_one_is_better() -> None:
    seed, mien, tiny = (Classifier(name).contract for name in ("seed", DEFAULT_MODEL, "mien-tiny"))
    assert mien.parameters < seed.parameters
    assert tiny.parameters <= 174_000
    assert all(ours.accuracy > theirs.accuracy for ours, theirs in zip(mien.accuracies, seed.accuracies, strict=True))
    assert sum(CATALOG[name].path.stat().st_size for name in (DEFAULT_MODEL, "mien-tiny")) <= 3.6e6


def test_crops_of_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected uint8 crops \(n, 48, 48\), got uint8 \(2, 32, 32\)"):
        Classifier(DEFAULT_MODEL).classify(np.zeros((2, 32, 32), np.uint8))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ModelError, match=r"sed: neither a shipped network \(.*seed"):
        Classifier("sed")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"not a model", CATALOG[DEFAULT_MODEL].path.read_bytes()[:5000]):
        path = tmp_path / "x.onnx"
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"x\.onnx: (not a working ONNX file|not a model of mien)"):
            Classifier(path)
