"""Comparisons that resume, and the report."""

from pathlib import Path

import numpy as np
import pytest
from tests.training.test_classical import RECIPES
from tests.training.test_material import faces

from mien.evaluation.comparison_report import render
from mien.faces.expressions import EXPRESSIONS
from mien.training import comparing
from mien.training.comparing import compare, drawings
from mien.training.material import Material, labelled_material


@pytest.fixture
def material(monkeypatch: pytest.MonkeyPatch) -> Material:
    monkeypatch.setattr(comparing, "METHODS", {"eigenface-perceptron": RECIPES["soft-max"], "eigenface-tree": RECIPES["tree"]})
    return labelled_material(faces(3), "jaffe", EXPRESSIONS, seed=0)


def test_a_comparison_trains_each_fold_once_and_tells_all(material: Material, tmp_path: Path) -> None:
    methods, seen = ["seed", "eigenface-perceptron", "eigenface-tree"], list[tuple[int, int]]()
    first = compare(material, methods, tmp_path, seed=0, workers=2, on_done=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (9, 9)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.onnx")}
    assert len(times) == 6
    told = first.to_json()
    assert told["methods"]["eigenface-perceptron"]["accuracy"] > told["always_most_frequent"] + 0.15
    assert told["methods"]["seed"]["training_seconds"] is None
    assert {tuple(test["methods"]) for test in told["mcnemar"]} >= {("eigenface-perceptron", "eigenface-tree")}
    again = compare(material, methods, tmp_path, seed=0, workers=1)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.onnx")} == times
    for one, two in zip(first.methods, again.methods, strict=True):
        np.testing.assert_allclose(one.distributions, two.distributions, atol=1e-6)


def test_the_report_asks_for_nothing_and_shows_everything(material: Material, tmp_path: Path) -> None:
    methods = ["eigenface-perceptron", "eigenface-tree"]
    comparison = compare(material, methods, tmp_path, seed=0, workers=2)
    page = render(comparison, material.crops, drawings(material, methods, tmp_path, seed=0))
    assert "http" not in page
    for words in (
        "mean face and eigenfaces",
        "variance explained",
        "a face rebuilt",
        "first questions",
        "Confusion",
        "McNemar",
    ):
        assert words in page
    for method in methods:
        accuracy = comparison.right(next(m for m in comparison.methods if m.name == method)).mean()
        assert f"<b>{accuracy:.1%}</b>" in page
