"""`mien compare`: every method on the same pictures, trained and tested on the same folds."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
from numpy.typing import NDArray

from mien import __version__
from mien.evaluation.comparison import Comparison, Method
from mien.evaluation.eigenface_plots import draw_eigenfaces, draw_rebuilt, draw_tree, draw_variance
from mien.faces.classifier import Classifier
from mien.faces.expressions import EXPRESSIONS, Expression
from mien.models.catalog import CATALOG
from mien.models.contract import Contract
from mien.training.classical import METHODS, fit_reader
from mien.training.eigenface_export import eigenface_to_onnx, eigenfaces_of, tree_of
from mien.training.eigenfaces import prepared
from mien.training.export import draft_contract
from mien.training.material import Material
from mien.training.model_file import write_model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_REBUILT: Final = (5, 20, 80, 200)


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
