"""Targets from other networks: what they say of a picture is less noisy than the ten votes that it got."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from mien.datasets.split import Progress
from mien.faces.classifier import Classifier
from mien.files import replacing
from mien.models.catalog import read_model
from mien.training.augmentation import Augmentation
from mien.training.data import TrainingData
from mien.training.processes import Processes

# More copies than any recipe makes: the same copy is the same in a run with more of them.
_SEEDS: Final = 1000
# Pictures changed together: they share a few draws, such as how much of its partner each is blended with.
_TOGETHER: Final = 256


class Teachers:
    """Classifiers whose mean distribution makes up ``share`` of each target (Hinton et al. 2015), the votes the rest."""

    def __init__(self, names: Sequence[str], share: float) -> None:
        """``names``: of shipped classifiers, or files; each opinion weighs the same, so that one named twice weighs double.

        Raises:
            ModelError: a teacher is missing or damaged.
        """
        self._share = share
        self.credits = [{"name": name, "sha256": hashlib.sha256(read_model(name)).hexdigest()} for name in names]
        self._weights = Counter(teacher["sha256"] for teacher in self.credits)
        self._staff = {teacher["sha256"]: Classifier(teacher["name"]) for teacher in self.credits}

    def teach(self, data: TrainingData) -> TrainingData:
        """The same pictures, with targets that the teachers have a part in."""
        crops = data.crops[:, 0].numpy()
        return replace(data, targets=self._told(data.targets, [teacher.classify(crops) for teacher in self._staff.values()]))

    def show(
        self,
        data: TrainingData,
        augmentation: Augmentation,
        copies: int,
        *,
        folder: Path,
        seed: int,
        processes: Processes,
        progress: Progress | None = None,
    ) -> TrainingData:
        """``copies`` changed copies of all pictures, one after the other, the targets what the teachers say of each copy.

        Of a picture that they were trained on, unchanged, they remember the votes; of a changed one they say what they see,
        and the pupil sees the same (Beyer et al. 2022, section 3). The copies, and what each teacher said, are kept in
        ``folder``, to be found there by a run that goes on, or that has one more teacher; ``processes`` share the work.
        """
        key = hashlib.sha256(repr((data.digest(), augmentation, seed)).encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(processes.rank, copies, processes.count):
            if progress:
                progress(number, copies)
            self._show_one(data, augmentation, Generator().manual_seed(seed * _SEEDS + number), folder / f"{key}-{number}")
        processes.any(False)  # waits for the others
        if progress:
            progress(copies, copies)
        crops, targets = [], []
        for number in range(copies):
            stem = folder / f"{key}-{number}"
            changed = np.load(_saved(stem))
            crops.append(torch.from_numpy(changed["crops"]))
            opinions = [np.load(_saved(stem, digest)) for digest in self._staff]
            targets.append(self._told(torch.from_numpy(changed["votes"]), opinions))
        return replace(data, crops=torch.cat(crops), targets=torch.cat(targets))

    def _show_one(self, data: TrainingData, augmentation: Augmentation, generator: Generator, stem: Path) -> None:
        if not _saved(stem).exists():
            changed, votes = np.empty(data.crops.shape, np.uint8), np.empty(data.targets.shape, np.float32)
            # In a new order each time: those changed together are blended with one another.
            for rows in torch.randperm(len(changed), generator=generator).split(_TOGETHER):  # type: ignore[no-untyped-call]
                x, targets = augmentation(data.crops[rows].float() / 255, data.targets[rows], generator)
                changed[rows], votes[rows] = (x * 255).round().to(torch.uint8).numpy(), targets.numpy()
            with replacing(_saved(stem)) as partial, partial.open("wb") as file:
                np.savez(file, crops=changed, votes=votes)
        for digest, teacher in self._staff.items():
            if not _saved(stem, digest).exists():
                said = teacher.classify(np.load(_saved(stem))["crops"][:, 0])
                with replacing(_saved(stem, digest)) as partial, partial.open("wb") as file:
                    np.save(file, said.astype(np.float32))

    def _told(self, votes: Tensor, opinions: Sequence[NDArray[np.floating]]) -> Tensor:
        said = sum(self._weights[digest] * opinion for digest, opinion in zip(self._staff, opinions, strict=True))
        mean = torch.from_numpy(said / self._weights.total()).float()
        return torch.lerp(votes, mean, self._share)


def _saved(stem: Path, teacher: str = "") -> Path:
    return stem.with_name(f"{stem.name}-{teacher[:16]}.npy" if teacher else f"{stem.name}.npz")
