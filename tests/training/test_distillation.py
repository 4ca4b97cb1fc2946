"""Targets that other networks have a part in."""

from pathlib import Path

import pytest
import torch

from mien.datasets import ferplus
from mien.errors import ModelError
from mien.faces.classifier import Classifier
from mien.training.data import TrainingData, training_data
from mien.training.distillation import taught


@pytest.fixture(scope="module")
def data(small_ferplus: Path) -> TrainingData:
    train, valid = ferplus.load(small_ferplus, "train"), ferplus.load(small_ferplus, "valid")
    return training_data(train, valid, held_out=valid.crops, targets="votes")


def test_votes_and_teachers_share_the_target(data: TrainingData) -> None:
    crops = data.crops[:, 0].numpy()
    tiny, seed = (torch.from_numpy(Classifier(name).classify(crops)).float() for name in ("mien-tiny", "seed"))
    told = taught(data, ["seed", "mien-tiny", "seed"], 0.25)
    torch.testing.assert_close(told.targets, 0.75 * data.targets + 0.25 * (tiny + 2 * seed) / 3)
    assert torch.equal(told.crops, data.crops)
    assert torch.equal(told.valid_shares, data.valid_shares)


def test_other_teachers_make_other_data(data: TrainingData) -> None:
    digests = {taught(data, teachers, 0.5).digest() for teachers in (["seed"], ["mien-tiny"], ["seed", "mien-tiny"])}
    assert len(digests | {data.digest()}) == 4


def test_a_missing_teacher_is_told(data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nobody\.onnx"):
        taught(data, [str(tmp_path / "nobody.onnx")], 0.5)
