"""Compares the methods on FER+ and writes results/classical.json, docs/classical.md and its pictures.

python benchmarks/classical.py --data DIR [--out comparison]
"""

import argparse
import multiprocessing
import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

import results
from mien import pictures
from mien.datasets import ferplus
from mien.evaluation.comparison_report import draw_accuracies, draw_confusions
from mien.faces.crop import crop_faces
from mien.faces.expressions import EXPRESSIONS, FIVE
from mien.faces.reader import FaceReader
from mien.figures import save_figure
from mien.models.catalog import DEFAULT_MODEL
from mien.nn import Adam, CategoricalCrossEntropy, Dense, Network, Sigmoid, Softmax, fit
from mien.training.classical import METHODS
from mien.training.comparing import compare, drawings
from mien.training.eigenface_perceptron import EigenfacePerceptron, PerceptronRecipe, thesis_rule
from mien.training.eigenfaces import WHOLE, Eigenfaces
from mien.training.examples import Examples
from mien.training.material import Material, voted_material

DOCS = Path(__file__).parent.parent / "docs"
DEMO = Path(__file__).parent.parent / "examples" / "astronaut.png"
COMPONENTS, HIDDEN, EPOCHS, BATCH, RATE = 200, 200, 20, 200, 1e-3


def against_scikit_learn(material: Material) -> dict[str, float]:
    """Accuracy and seconds of the engine and of MLPClassifier: same features, layers, optimiser, batches and epochs."""
    train = material.folds[0].train
    eigenfaces = Eigenfaces.fit(train.crops, [(WHOLE, COMPONENTS)], "standardize")
    x, test = eigenfaces.project(train.crops), eigenfaces.project(material.crops)
    rng = np.random.default_rng(0)
    network = Network(COMPONENTS, [Dense(HIDDEN), Sigmoid(), Dense(len(EXPRESSIONS)), Softmax()], rng=rng)
    started = time.perf_counter()
    one_hot = np.eye(len(EXPRESSIONS))[train.labels]
    loss = CategoricalCrossEntropy()
    fit(network, x, one_hot, loss=loss, optimizer=Adam(RATE), epochs=EPOCHS, batch_size=BATCH, rng=rng)
    ours_seconds = time.perf_counter() - started
    # No tolerance: both go through all epochs.
    theirs = MLPClassifier(
        (HIDDEN,), "logistic", batch_size=BATCH, learning_rate_init=RATE, max_iter=EPOCHS, n_iter_no_change=EPOCHS, alpha=0
    )
    started = time.perf_counter()
    theirs.set_params(random_state=0).fit(x, train.labels)
    return {
        "ours": float((network.predict(test).argmax(axis=1) == material.labels).mean()),
        "ours_seconds": ours_seconds,
        "theirs": float(theirs.score(test, material.labels)),
        "theirs_seconds": time.perf_counter() - started,
    }


def thesis(material: Material) -> dict[str, float]:
    """The thesis's own perceptron, sigmoid outputs and squared error: by the likeliest output, and by its 0.9 / 0.1 rule."""
    recipe = METHODS["eigenface-perceptron"]
    assert isinstance(recipe, PerceptronRecipe)  # noqa: S101  for the type checker
    fold = material.folds[0]
    reader = EigenfacePerceptron.fit(fold.train, replace(recipe, output="sigmoid"), seed=0, validation=fold.valid)
    outputs = reader.outputs(material.crops)
    ruled = thesis_rule(outputs)
    decided = ruled >= 0
    return {
        "likeliest": float((outputs.argmax(axis=1) == material.labels).mean()),
        "decided": float(decided.mean()),
        "right_of_decided": float((ruled == material.labels)[decided].mean()) if decided.any() else 0.0,
    }


def peak_of_fit(crops: NDArray[np.uint8]) -> float:
    """Peak memory, in MB, of a process that only fits the eigenfaces."""
    Eigenfaces.fit(crops, [(WHOLE, COMPONENTS)], "standardize")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def draw(material: Material, methods: list[str], folder: Path) -> None:
    """The pictures of docs/classical.md; the face rebuilt is the demo's, no picture of the data set."""
    reader = FaceReader()
    picture = pictures.load(DEMO)
    face = max(reader.detector.detect(picture), key=lambda face: face.score)
    demo = crop_faces(picture, [face], reader.classifier.contract.crop)
    shown = replace(material, crops=demo, labels=material.labels[:1], names=("demo",))
    names = {"mean face and eigenfaces": "eigenfaces", "variance explained": "variance", "a face rebuilt": "rebuilt"}
    for caption, figure in drawings(shown, methods, folder, seed=0).items():
        method, what = caption.split(": ")
        save_figure(figure, DOCS / "pictures" / f"{method}-{names.get(what, 'questions')}.png")


def main() -> None:
    """Measures, draws, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("comparison"))
    options = parser.parse_args()
    splits = {str(name): ferplus.load(options.data, name) for name in ferplus.FOLDERS}
    methods = [*dict.fromkeys([DEFAULT_MODEL, "seed"]), *METHODS]
    measured: dict[str, Any] = {}
    for name, expressions in (("eight", EXPRESSIONS), ("five", FIVE)):
        material = voted_material(splits, "ferplus-8", expressions)
        comparison = compare(material, methods, options.out, seed=0, workers=2)
        started = time.perf_counter()
        again = compare(material, methods, options.out, seed=0, workers=2)
        measured[name] = again.to_json() | {"seconds_from_trained": time.perf_counter() - started}
        measured[name]["scikit_learn"] = against_scikit_learn(material)
        save_figure(draw_accuracies(comparison), DOCS / "pictures" / f"compare-{name}.png")
        save_figure(draw_confusions(comparison), DOCS / "pictures" / f"compare-{name}-confusion.png")
        if name == "eight":
            draw(material, list(METHODS), options.out)
    measured["thesis"] = thesis(voted_material(splits, "ferplus-8", FIVE))
    train = Examples.voted(splits["train"])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        measured["peak_mb_of_fit"] = pool.apply(peak_of_fit, (train.crops,))
    results.write("classical", measured)


if __name__ == "__main__":
    main()
