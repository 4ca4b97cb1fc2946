"""Folds that keep people apart, comparisons that resume, and the report."""

from pathlib import Path

import numpy as np
import pytest
from tests.training.test_classical import RECIPES, examples

from mien.datasets import ferplus
from mien.datasets.labelled import LabelledFaces
from mien.evaluation.comparison_report import render
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.expressions import EXPRESSIONS, FIVE
from mien.training import comparing
from mien.training.comparing import Material, compare, drawings, labelled_material, voted_material


def faces(subjects: int) -> LabelledFaces:
    made = examples(60, 5)
    people = tuple(f"S{i % subjects}" if subjects else None for i in range(60))
    return LabelledFaces(made.crops, made.labels, people, tuple(f"{i}.png" for i in range(60)), {})


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return any(np.array_equal(a, crop) for crop in b)


def test_one_person_is_left_out_at_a_time() -> None:
    material = labelled_material(faces(6), "jaffe", EXPRESSIONS, seed=0)
    assert len(material.folds) == 6
    tested = np.concatenate([fold.test for fold in material.folds])
    assert sorted(tested.tolist()) == list(range(60))
    for fold in material.folds:
        assert len(fold.train.crops) == 50
        assert not any(same(material.crops[i], fold.train.crops) for i in fold.test)
        assert len({i % 6 for i in fold.test}) == 1


def test_without_people_every_label_is_spread_over_the_folds() -> None:
    material = labelled_material(faces(0), "folders", EXPRESSIONS, seed=0)
    assert len(material.folds) == 5
    for fold in material.folds:
        counts = np.bincount(material.labels[fold.test], minlength=3)[:3]
        assert np.abs(counts - np.bincount(material.labels)[:3] / 5).max() <= 1


def test_five_expressions_leave_the_other_pictures_out(small_ferplus: Path) -> None:
    splits = {str(name): ferplus.load(small_ferplus, name) for name in ferplus.FOLDERS}
    material = voted_material(splits, "ferplus-8", FIVE)
    kept, labels = PROTOCOLS["ferplus-8"].judge(splits["test"].votes)
    chosen = {EXPRESSIONS.index(name) for name in FIVE}
    assert sorted(material.labels.tolist()) == sorted(label for label in labels[kept].tolist() if label in chosen)
    train = material.folds[0].train
    assert set(train.labels.tolist()) <= chosen
    np.testing.assert_allclose(train.targets.sum(axis=1), 1)


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
