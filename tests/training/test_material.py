"""Folds that keep people apart, and what may be learnt from."""

from pathlib import Path

import numpy as np
from tests.training.test_classical import examples

from mien.datasets import ferplus
from mien.datasets.labelled import LabelledFaces
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.expressions import EXPRESSIONS, FIVE
from mien.training.material import labelled_material, voted_material


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
    assert len(material.to_learn) == 60


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
    np.testing.assert_array_equal(material.to_learn, train.crops)
