"""What a user gets: FER+ test faces pasted on a canvas, found, cropped and read; beside the same faces read directly.

python benchmarks/pipeline.py --data DIR [--side 160]
"""

import argparse
from pathlib import Path

import numpy as np
from rich.progress import track

import results
from mien.datasets import ferplus
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Classifier
from mien.faces.crop import crop_faces
from mien.faces.detector import HAAR, load_detector
from mien.models.catalog import DEFAULT_MODEL, FACE_DETECTOR
from pasted import pasted


def main() -> None:
    """Writes results/pipeline.json: shares found, accuracy on those and directly; a missed face counts as wrong in "all"."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--side", type=int, default=160)
    options = parser.parse_args()
    split = ferplus.load(options.data, "test")
    kept, labels = PROTOCOLS["ferplus-8"].judge(split.votes)
    crops, labels = split.crops[kept], labels[kept]
    classifier = Classifier(DEFAULT_MODEL)
    rule = classifier.contract.crop
    direct = classifier.read(crops).labels == labels
    figures = {}
    for name in (FACE_DETECTOR, HAAR):
        detector = load_detector(name)
        found, cut = np.zeros(len(crops), bool), np.zeros_like(crops)
        for i, canvas in enumerate(track(pasted(crops, options.side), name, total=len(crops))):
            faces = detector.detect(canvas)
            if faces:
                found[i] = True
                cut[i] = crop_faces(canvas, faces[:1], rule)[0]
        right = (classifier.read(cut).labels == labels) & found
        figures[name] = {
            "found": float(found.mean()),
            "all": float(right.mean()),
            "on_found": float(right[found].mean()),
            "direct_on_found": float(direct[found].mean()),
            "direct": float(direct.mean()),
        }
    results.write("pipeline", {"model": DEFAULT_MODEL, "side": options.side, "n": len(crops), "detectors": figures})


if __name__ == "__main__":
    main()
