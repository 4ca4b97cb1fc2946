"""The expression networks looked at closely: peers, copies, pictures labelled twice, robustness.

python benchmarks/network.py --data DIR [--peers peers_ferplus_test.npz]
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

import results
from mien.datasets import ferplus
from mien.datasets.copies import find_copies
from mien.datasets.split import Split
from mien.evaluation.metrics import mcnemar, wilson_interval
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Classifier
from mien.models.catalog import CATALOG
from mien.models.contract import Contract

Crops = NDArray[np.uint8]


def warped(crops: Crops, degrees: float = 0, zoom: float = 1, shift: float = 0) -> Crops:
    """Turned, zoomed about the middle, shifted right and down by a share of the side."""
    side = crops.shape[1]
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), degrees, zoom)
    matrix[:, 2] += shift * side
    return each(crops, lambda c: cv2.warpAffine(c, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE))


def each(crops: Crops, change: Callable[[Crops], Any]) -> Crops:
    """``change`` of every crop."""
    return np.stack([np.clip(change(crop), 0, 255).astype(np.uint8) for crop in crops])


def small(crops: Crops, side: int) -> Crops:
    """Scaled down to ``side`` pixels and up again."""
    return each(crops, lambda c: cv2.resize(cv2.resize(c, (side, side), interpolation=cv2.INTER_AREA), c.shape))


def noisy(crops: Crops, deviation: float) -> Crops:
    """With Gaussian noise, the same each time."""
    rng = np.random.default_rng(0)
    return each(crops, lambda c: c + rng.normal(0, deviation, c.shape))


def jpeg(crops: Crops, quality: int) -> Crops:
    """Through JPEG."""
    parameters = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return each(crops, lambda c: cv2.imdecode(cv2.imencode(".jpg", c, parameters)[1], cv2.IMREAD_GRAYSCALE))


def half(crops: Crops, rows: slice, columns: slice) -> Crops:
    """With a part covered in the crop's mean grey."""
    covered = crops.copy()
    covered[:, rows, columns] = crops.mean(axis=(1, 2), keepdims=True).astype(np.uint8)
    return covered


CHANGES: Final[Mapping[str, Callable[[Crops], Crops]]] = {
    "as they are": lambda c: c,
    "blur, deviation 1 px": lambda c: each(c, lambda x: cv2.GaussianBlur(x, (0, 0), 1.0)),
    "blur, deviation 2 px": lambda c: each(c, lambda x: cv2.GaussianBlur(x, (0, 0), 2.0)),
    "noise, deviation 10": lambda c: noisy(c, 10),
    "noise, deviation 25": lambda c: noisy(c, 25),
    "JPEG 20": lambda c: jpeg(c, 20),
    "turned by 15 degrees": lambda c: warped(c, degrees=15),
    "turned by -15 degrees": lambda c: warped(c, degrees=-15),
    "turned by 30 degrees": lambda c: warped(c, degrees=30),
    "turned by -30 degrees": lambda c: warped(c, degrees=-30),
    "shifted by 10 %": lambda c: warped(c, shift=0.1),
    "shifted by -10 %": lambda c: warped(c, shift=-0.1),
    "15 % larger": lambda c: warped(c, zoom=1.15),
    "15 % smaller": lambda c: warped(c, zoom=1 / 1.15),
    "faces of 24 px": lambda c: small(c, 24),
    "faces of 16 px": lambda c: small(c, 16),
    "darker by 50": lambda c: each(c, lambda x: x.astype(int) - 50),
    "brighter by 50": lambda c: each(c, lambda x: x.astype(int) + 50),
    "half the contrast": lambda c: each(c, lambda x: (x - x.mean()) / 2 + x.mean()),
    "lower half covered": lambda c: half(c, slice(24, 48), slice(None)),
    "upper half covered": lambda c: half(c, slice(0, 24), slice(None)),
    "left half covered": lambda c: half(c, slice(None), slice(0, 24)),
}


def share(right: NDArray[np.bool_]) -> dict[str, Any]:
    """Accuracy, its interval, n."""
    return {"accuracy": float(right.mean()), "interval": wilson_interval(int(right.sum()), len(right)), "n": len(right)}


def against_peers(ours: NDArray[np.int64], test: Split, peers: Path) -> dict[str, Any]:
    """McNemar's test against each peer's own predictions, paired by row, under both protocols."""
    with np.load(peers) as file:
        told = dict(file)
    place = {int(row): i for i, row in enumerate(told.pop("row"))}
    order = np.array([place[int(row)] for row in test.rows])
    figures: dict[str, Any] = {}
    for protocol in ("ferplus-8", "ferplus-majority"):
        kept, labels = PROTOCOLS[protocol].judge(test.votes)
        right = (ours == labels)[kept]
        for name, values in told.items():
            if values.ndim == 2:
                other = (values[order].argmax(axis=1) == labels)[kept]
                figures.setdefault(name, {})[protocol] = {"peer": float(other.mean()), "p": mcnemar(right, other)}
    return figures


def labelled_twice(splits: Mapping[str, Split], classifier: Classifier) -> dict[str, Any]:
    """Byte-identical pictures labelled by two panels, one of them of validation or test, so that no copy was trained on.

    Agreement with the first panel's label (``ferplus-8``): of the second panel's label, of one rater of it, and ours.
    """
    first: dict[bytes, tuple[str, int]] = {}
    pairs: list[tuple[tuple[str, int], tuple[str, int]]] = []
    for name, split in splits.items():
        for i, crop in enumerate(split.crops):
            here, there = (name, i), first.setdefault(crop.tobytes(), (name, i))
            if there != here and {name, there[0]} & {"valid", "test"}:
                pairs.append((there, here))
    votes = [np.stack([splits[name].votes[i] for name, i in side]) for side in zip(*pairs, strict=True)]
    judged = [PROTOCOLS["ferplus-8"].judge(v) for v in votes]
    kept = judged[0][0] & judged[1][0]
    labels = judged[0][1][kept]
    crops = np.stack([splits[name].crops[i] for (name, i), _ in pairs])[kept]
    second = votes[1][kept].astype(float)
    return {
        "pairs": int(kept.sum()),
        "second_panel": float((judged[1][1][kept] == labels).mean()),
        "one_rater": float((second[np.arange(len(labels)), labels] / second.sum(axis=1)).mean()),
        "ours": float((classifier.read(crops).labels == labels).mean()),
    }


def main() -> None:
    """Writes results/network.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", type=Path)
    options = parser.parse_args()
    splits = {str(name): ferplus.load(options.data, name) for name in ferplus.FOLDERS}
    test = splits["test"]
    kept, labels = PROTOCOLS["ferplus-8"].judge(test.votes)
    copies = find_copies(test.crops, splits["train"].crops)[kept]
    figures: dict[str, Any] = {}
    for name in (key for key, entry in CATALOG.items() if entry.contract is Contract and not key.startswith("eigenface")):
        classifier = Classifier(name)
        readings = classifier.read(test.crops)
        right = readings.labels[kept] == labels[kept]
        figures[name] = {
            "largest_share": float((readings.distributions.argmax(axis=1) == labels)[kept].mean()),
            "clean": share(right[~copies]),
            "copies": share(right[copies]),
            "labelled_twice": labelled_twice(splits, classifier),
            "robustness": {
                what: float((classifier.read(change(test.crops[kept])).labels == labels[kept]).mean())
                for what, change in CHANGES.items()
            },
        }
        if options.peers:
            figures[name]["peers"] = against_peers(readings.labels, test, options.peers)
    results.write("network", {"networks": figures})


if __name__ == "__main__":
    main()
