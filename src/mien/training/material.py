"""What methods are compared on: pictures, and the folds that they are trained and tested on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.datasets import ferplus, labelled
from mien.datasets.labelled import LabelledFaces
from mien.datasets.registry import DATASETS, FERPLUS, LABELLED
from mien.datasets.split import Progress, Split
from mien.errors import ConfigError
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.detector import load_detector
from mien.faces.expressions import EXPRESSIONS, Expression
from mien.training.examples import Examples

_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Fold:
    """What one training sees, and the pictures, by number in the material, that it is tested on."""

    train: Examples
    valid: Examples | None
    test: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Material:
    """Pictures to compare on: crops (n, 48, 48), labels (n,), names (n), and the folds whose tests make them up.

    rule: where they come from and how training and test are kept apart. shipped: the shipped readers were trained on
    the very training part of the only fold. skipped: how many pictures were left out, by reason.
    """

    rule: str
    crops: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    expressions: tuple[Expression, ...]
    folds: tuple[Fold, ...]
    shipped: bool
    skipped: dict[str, int]

    @property
    def to_learn(self) -> NDArray[np.uint8]:
        """The crops (m, 48, 48) that features may be fitted on: those of training, or all where each is tested in its turn."""
        return self.folds[0].train.crops if len(self.folds) == 1 else self.crops


def read_material(
    directory: Path,
    dataset: str,
    *,
    protocol: str,
    expressions: tuple[Expression, ...],
    detector: str,
    seed: int,
    progress: Progress | None = None,
) -> Material:
    """The pictures of a data set and its folds; protocol: of FER+; detector: finds the faces in whole pictures.

    Raises:
        ConfigError: no such data set or protocol.
        DatasetError: the data is laid out in another way.
    """
    if protocol not in PROTOCOLS:
        raise ConfigError(f"no protocol is called {protocol!r}; there are: {', '.join(PROTOCOLS)}")
    if dataset == FERPLUS:
        splits = {str(name): ferplus.load(directory, name, progress=progress) for name in ferplus.FOLDERS}
        return voted_material(splits, protocol, expressions)
    if dataset not in LABELLED:
        raise ConfigError(f"no data set is called {dataset!r}; there are: {', '.join(DATASETS)}")
    faces = labelled.load(LABELLED[dataset], directory, load_detector(detector), progress=progress)
    return labelled_material(faces, dataset, expressions, seed=seed)


def voted_material(splits: dict[str, Split], protocol: str, expressions: tuple[Expression, ...]) -> Material:
    """FER+ under a protocol: trained on train without copies, chosen on validation, tested on test."""
    test = splits["test"]
    kept, labels = PROTOCOLS[protocol].judge(test.votes)
    kept &= np.isin(EXPRESSIONS, expressions)[np.minimum(labels, len(EXPRESSIONS) - 1)]
    train = Examples.voted(splits["train"], held_out=np.concatenate([splits["valid"].crops, test.crops]))
    fold = Fold(train.only(expressions), Examples.voted(splits["valid"]).only(expressions), np.arange(int(kept.sum())))
    return Material(
        rule=f"FER+ {protocol}: trained on train without copies, chosen on validation, tested once on test",
        crops=test.crops[kept],
        labels=labels[kept],
        names=tuple(f"fer{row:07}.png" for row in test.rows[kept]),
        expressions=expressions,
        folds=(fold,),
        shipped=expressions == EXPRESSIONS,
        skipped={"label rows without a picture": test.missing} if test.missing else {},
    )


def labelled_material(faces: LabelledFaces, name: str, expressions: tuple[Expression, ...], *, seed: int) -> Material:
    """Any other data set: one person left out at a time where people are known, else five folds, each with all labels."""
    wanted = np.isin(EXPRESSIONS, expressions)[faces.labels]
    crops, labels = faces.crops[wanted], faces.labels[wanted]
    subjects = np.array([subject or "" for subject in faces.subjects])[wanted]
    by_person = bool((subjects != "").all()) and len(set(subjects)) > 1
    groups = np.unique(subjects, return_inverse=True)[1] if by_person else _stratified(labels, seed)
    whole = Examples(crops, np.eye(len(EXPRESSIONS))[labels])
    folds = []
    for group in np.unique(groups):
        rest = groups != group
        folds.append(Fold(Examples(whole.crops[rest], whole.targets[rest]), None, np.flatnonzero(~rest)))
    how = f"leaving one of {len(folds)} people out at a time" if by_person else f"{len(folds)} folds"
    names = tuple(np.array(faces.names)[wanted].tolist())
    return Material(f"{name}, {how}", crops, labels, names, expressions, tuple(folds), False, faces.skipped)


def _stratified(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """A fold (n,) for each picture, every label spread evenly."""
    order = np.random.default_rng(seed).permutation(len(labels))
    groups = np.empty(len(labels), np.int64)
    groups[order[np.argsort(labels[order], kind="stable")]] = np.arange(len(labels)) % _FOLDS
    return groups
