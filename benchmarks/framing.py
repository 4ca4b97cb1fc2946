"""Finds the crop rule that gives back FER+'s own framing; its figures stand in src/mien/faces/crop.py.

python benchmarks/framing.py --data DIR [--detector NAME] [--pictures 4000] [--side 160]
"""

import argparse
from pathlib import Path

import numpy as np
from rich.progress import track

from mien.datasets import ferplus
from mien.faces.detector import load_detector
from mien.models.catalog import FACE_DETECTOR
from pasted import pasted


def main() -> None:
    """Prints margin and offsets, with quartiles, and the share of pictures found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", default=FACE_DETECTOR)
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--side", type=int, default=160, help="of the enlarged picture, on a canvas of twice that")
    options = parser.parse_args()

    detector = load_detector(options.detector)
    split = ferplus.load(options.data, "train")
    faces_only = np.flatnonzero(split.votes[:, :8].sum(axis=1) >= 8)
    chosen = np.random.default_rng(0).choice(faces_only, min(options.pictures, len(faces_only)), replace=False)
    rules = []
    side = options.side
    for canvas in track(pasted(split.crops[chosen], side), "finding faces", total=len(chosen)):
        faces = detector.detect(canvas)
        if not faces:
            continue
        box = faces[0].box
        longer = max(box.width, box.height)
        rules.append([side / longer, (side - (box.x + box.width / 2)) / longer, (side - (box.y + box.height / 2)) / longer])
    print(f"found {len(rules)} of {len(chosen)} faces ({len(rules) / len(chosen):.1%})")
    for name, values in zip(("margin", "offset_x", "offset_y"), np.transpose(rules), strict=True):
        low, middle, high = np.percentile(values, [25, 50, 75])
        print(f"{name:9} median {middle:+.3f}   quartiles {low:+.3f} .. {high:+.3f}")


if __name__ == "__main__":
    main()
