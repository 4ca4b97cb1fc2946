"""`mien compare`: every method on the same pictures, trained and tested on the same folds."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
from numpy.typing import NDArray

from mien import __version__
from mien.datasets import ferplus, labelled
from mien.datasets.labelled import LabelledFaces
from mien.datasets.registry import DATASETS, FERPLUS, LABELLED
from mien.datasets.split import Progress, Split
from mien.errors import ConfigError
from mien.evaluation.comparison import Comparison, Method
from mien.evaluation.eigenface_plots import draw_eigenfaces, draw_rebuilt, draw_tree, draw_variance
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Classifier
from mien.faces.detector import load_detector
from mien.faces.expressions import EXPRESSIONS, Expression
from mien.models.catalog import CATALOG
from mien.models.contract import Contract
from mien.training.classical import METHODS, fit_reader
from mien.training.eigenface_export import eigenface_to_onnx, eigenfaces_of, tree_of
from mien.training.eigenfaces import prepared
from mien.training.examples import Examples
from mien.training.export import draft_contract
from mien.training.model_file import write_model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FOLDS: Final = 5
_REBUILT: Final = (5, 20, 80, 200)


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


def compare(
    material: Material,
    methods: Sequence[str],
    folder: Path,
    *,
    seed: int,
    workers: int,
    on_done: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Trains what is not trained yet, one file a fold under ``folder``, and reads every picture with every method.

    methods: names of ``METHODS``, of shipped networks, or model files. A network is taken as it is, its answers
    confined to the material's expressions; a classical reader is trained on each fold, unless the shipped one was.
    ``on_done``: told (done, total) jobs.

    Raises:
        ModelError: no such network or file.
    """
    jobs = [(method, fold) for method in methods for fold in range(len(material.folds))]
    answers = {method: np.zeros((len(material.labels), len(EXPRESSIONS))) for method in methods}
    training: dict[str, list[float]] = {method: [] for method in methods}
    reading = dict.fromkeys(methods, 0.0)
    folder.mkdir(parents=True, exist_ok=True)

    def work(job: tuple[str, int]) -> tuple[str, int, NDArray[np.float64], float, float | None]:
        method, number = job
        path, seconds = _model(material, method, number, folder, seed)
        classifier, test = Classifier(path), material.crops[material.folds[number].test]
        started = time.perf_counter()
        distributions = classifier.classify(test)
        return method, number, distributions, time.perf_counter() - started, seconds

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, job) for job in jobs]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                method, number, distributions, seconds, trained = future.result()
                answers[method][material.folds[number].test] = _confined(distributions, material.expressions)
                reading[method] += seconds
                training[method] += [trained] if trained is not None else []
                if on_done:
                    on_done(done, len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Comparison(
        material.rule,
        material.expressions,
        material.labels,
        material.names,
        tuple(
            Method(name, _how(material, name), answers[name], sum(training[name]) or None, reading[name]) for name in methods
        ),
    )


def drawings(material: Material, methods: Sequence[str], folder: Path, *, seed: int) -> "dict[str, Figure]":
    """What the classical readers among the methods see, for the report: those of the first fold; ``compare`` made them."""
    figures: dict[str, Figure] = {}
    train = material.folds[0].train.crops[::8]  # enough to tell the variance of all pixels
    for method in (name for name in methods if name in METHODS):
        model = onnx.load_model(_model_path(material, method, 0, folder, seed))
        contract = Contract.from_metadata({entry.key: entry.value for entry in model.metadata_props}, method)
        eigenfaces = eigenfaces_of(model, train, equalize=contract.equalize)
        side, count = material.crops.shape[1], len(eigenfaces.variance)
        shapes = eigenfaces.mean.reshape(side, side), eigenfaces.components.reshape(-1, side, side)
        original = prepared(material.crops[:1], eigenfaces.preparation)[0].reshape(side, side)
        rebuilt = {n: eigenfaces.rebuild(material.crops[0], n) for n in sorted({min(n, count) for n in _REBUILT})}
        figures[f"{method}: mean face and eigenfaces"] = draw_eigenfaces(*shapes)
        figures[f"{method}: variance explained"] = draw_variance(eigenfaces.variance / eigenfaces.total_variance)
        figures[f"{method}: a face rebuilt"] = draw_rebuilt(original, rebuilt)
        if method == "eigenface-tree":
            figures[f"{method}: its first questions"] = draw_tree(tree_of(model))
    return figures


def _how(material: Material, method: str) -> str:
    if method in METHODS and not material.shipped:
        return f"trained here, {len(material.folds)} times" if len(material.folds) > 1 else "trained here"
    return "as shipped" if material.expressions == EXPRESSIONS else "as shipped, its answers confined to these expressions"


def _model_path(material: Material, method: str, number: int, folder: Path, seed: int) -> Path:
    if method in CATALOG and (method not in METHODS or material.shipped):
        return CATALOG[method].path
    if method not in METHODS:
        return Path(method)
    fold, recipe = material.folds[number], METHODS[method]
    digest = hashlib.sha256(json.dumps([__version__, asdict(recipe), seed]).encode())
    for examples in (fold.train, fold.valid):
        if examples:
            digest.update(examples.crops.tobytes() + examples.targets.tobytes())
    return folder / f"{method}-{number}-{digest.hexdigest()[:12]}.onnx"


def _model(material: Material, method: str, number: int, folder: Path, seed: int) -> tuple[Path, float | None]:
    """The file that reads a fold's test, trained first where it is not there; and the seconds its training took."""
    path = _model_path(material, method, number, folder, seed)
    timing = path.with_suffix(".json")
    if method not in METHODS or path == CATALOG[method].path:
        return path, None
    if not path.exists():
        fold, recipe = material.folds[number], METHODS[method]
        started = time.perf_counter()
        reader = fit_reader(recipe, fold.train, fold.valid, seed=seed)
        timing.write_text(json.dumps(time.perf_counter() - started), encoding="utf-8")
        contract = draft_contract(
            method, material.rule, parameters=reader.parameters, equalize=recipe.preparation == "equalize"
        )
        write_model(eigenface_to_onnx(reader), contract, path)
    return path, float(json.loads(timing.read_text(encoding="utf-8")))


def _confined(distributions: NDArray[np.float64], expressions: tuple[Expression, ...]) -> NDArray[np.float64]:
    """The distributions (n, 8) over ``expressions`` alone."""
    confined = distributions * np.isin(EXPRESSIONS, expressions)
    shares: NDArray[np.float64] = confined / confined.sum(axis=1, keepdims=True)
    return shares
