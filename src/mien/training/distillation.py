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
from torch import Tensor

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
        self._opinions = [(count, Classifier(name)) for name, count in Counter(names).items()]
        self._share = share
        self.credits = [{"name": name, "sha256": hashlib.sha256(read_model(name)).hexdigest()} for name in names]

    def teach(self, data: TrainingData) -> TrainingData:
        """The same pictures, with targets that the teachers have a part in."""
        return replace(data, targets=self._told(data.crops[:, 0].numpy(), data.targets))

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
        and the pupil sees the same (Beyer et al. 2022, section 3). The copies are kept in ``folder``, to be found there by a
        run that goes on; ``processes`` share the work.
        """
        key = hashlib.sha256(repr((data.digest(), self.credits, self._share, augmentation, seed)).encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f"{key}-{number}.npz" for number in range(copies)]
        for number in range(processes.rank, copies, processes.count):
            if progress:
                progress(number, copies)
            if not files[number].exists():
                changed, told = self._copy(data, augmentation, torch.Generator().manual_seed(seed * _SEEDS + number))
                with replacing(files[number]) as partial, partial.open("wb") as file:
                    np.savez(file, crops=changed, targets=told)
        processes.any(False)  # waits for the others
        if progress:
            progress(copies, copies)
        parts = [np.load(file) for file in files]
        crops = torch.from_numpy(np.concatenate([part["crops"] for part in parts]))
        return replace(data, crops=crops, targets=torch.from_numpy(np.concatenate([part["targets"] for part in parts])))

    def _copy(
        self, data: TrainingData, augmentation: Augmentation, generator: torch.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        crops, targets = np.empty(data.crops.shape, np.uint8), np.empty(data.targets.shape, np.float32)
        # In a new order each time: those changed together are blended with one another.
        for rows in torch.randperm(len(crops), generator=generator).split(_TOGETHER):  # type: ignore[no-untyped-call]
            x, votes = augmentation(data.crops[rows].float() / 255, data.targets[rows], generator)
            changed = (x * 255).round().to(torch.uint8).numpy()
            crops[rows], targets[rows] = changed, self._told(changed[:, 0], votes).numpy()
        return crops, targets

    def _told(self, crops: NDArray[np.uint8], votes: Tensor) -> Tensor:
        said = sum(count * teacher.classify(crops) for count, teacher in self._opinions)
        mean = said / sum(count for count, _ in self._opinions)
        return torch.lerp(votes, torch.from_numpy(mean).float(), self._share)
