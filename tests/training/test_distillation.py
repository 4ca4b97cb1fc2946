"""Targets that other networks have a part in."""

from pathlib import Path

import pytest
import torch

from mien.datasets import ferplus
from mien.errors import ModelError
from mien.faces.classifier import Classifier
from mien.training.augmentation import Augmentation
from mien.training.data import TrainingData, training_data
from mien.training.distillation import Teachers
from mien.training.processes import Processes


@pytest.fixture(scope="module")
def data(small_ferplus: Path) -> TrainingData:
    train, valid = ferplus.load(small_ferplus, "train"), ferplus.load(small_ferplus, "valid")
    return training_data(train, valid, held_out=valid.crops, targets="votes")


def test_votes_and_teachers_share_the_target(data: TrainingData) -> None:
    crops = data.crops[:, 0].numpy()
    tiny, seed = (torch.from_numpy(Classifier(name).classify(crops)).float() for name in ("mien-tiny", "seed"))
    told = Teachers(["seed", "mien-tiny", "seed"], 0.25).teach(data)
    torch.testing.assert_close(told.targets, 0.75 * data.targets + 0.25 * (tiny + 2 * seed) / 3)
    assert torch.equal(told.crops, data.crops)
    assert torch.equal(told.valid_shares, data.valid_shares)


def test_other_teachers_make_other_data(data: TrainingData) -> None:
    digests = {Teachers(names, 0.5).teach(data).digest() for names in (["seed"], ["mien-tiny"], ["seed", "mien-tiny"])}
    assert len(digests | {data.digest()}) == 4


def test_a_missing_teacher_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nobody\.onnx"):
        Teachers([str(tmp_path / "nobody.onnx")], 0.5)


def test_teachers_say_what_they_see_in_the_changed_picture(data: TrainingData, tmp_path: Path) -> None:
    changed = Teachers(["mien-tiny"], 1).show(
        data, Augmentation(rotation=20, mixup=1), 2, folder=tmp_path, seed=3, processes=Processes()
    )
    assert len(changed.crops) == 2 * len(data.crops)
    first, second = changed.crops.chunk(2)
    assert not torch.equal(first, data.crops)
    assert not torch.equal(first, second)
    seen = torch.from_numpy(Classifier("mien-tiny").classify(changed.crops[:, 0].numpy())).float()
    torch.testing.assert_close(changed.targets, seen)


def test_pictures_that_stay_as_they_are_keep_their_votes(data: TrainingData, tmp_path: Path) -> None:
    same = Teachers(["seed"], 0).show(data, Augmentation(), 1, folder=tmp_path, seed=0, processes=Processes())
    assert torch.equal(same.crops, data.crops)
    torch.testing.assert_close(same.targets, data.targets)


def test_copies_are_made_once(data: TrainingData, tmp_path: Path) -> None:
    def shown(names: list[str], seed: int, folder: Path = tmp_path) -> TrainingData:
        return Teachers(names, 0.5).show(data, Augmentation(noise=0.2), 2, folder=folder, seed=seed, processes=Processes())

    once = shown(["seed"], 0)
    made = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert shown(["seed"], 0).digest() == once.digest()
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == made
    both = shown(["seed", "mien-tiny"], 0)
    assert torch.equal(both.crops, once.crops)
    assert len(list(tmp_path.iterdir())) == len(made) + 2
    assert len({shown(["seed"], 1).digest(), shown(["mien-tiny"], 0).digest(), both.digest(), once.digest()}) == 4
    next(iter(made)).unlink()
    assert shown(["seed"], 0).digest() == once.digest()
