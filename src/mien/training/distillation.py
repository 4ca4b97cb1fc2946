"""Targets from other networks: what they say of a picture is less noisy than the ten votes that it got."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import torch

from mien.faces.classifier import Classifier
from mien.models.catalog import read_model
from mien.training.data import TrainingData


def taught(data: TrainingData, teachers: Sequence[str], share: float) -> TrainingData:
    """The same pictures; the mean distribution of the teachers makes up ``share`` of each target (Hinton et al. 2015).

    ``teachers``: names of shipped classifiers, or files; each opinion weighs the same, so that one named twice weighs double.

    Raises:
        ModelError: a teacher is missing or damaged.
    """
    crops = data.crops[:, 0].numpy()
    opinions = Counter(teachers)
    said = sum(count * Classifier(name).classify(crops) for name, count in opinions.items()) / opinions.total()
    return replace(data, targets=torch.lerp(data.targets, torch.from_numpy(said).float(), share))


def credited(teachers: Sequence[str]) -> list[dict[str, str]]:
    """Each teacher's name and the SHA-256 of its file, for the log of a run."""
    return [{"name": name, "sha256": hashlib.sha256(read_model(name)).hexdigest()} for name in teachers]
