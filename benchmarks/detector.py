"""Our face detector beside OpenCV's cascade: accuracy on the held-out and crowd photos, and time on one thread.

python benchmarks/detector.py --data DIR
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

import results
from mien import pictures
from mien.datasets import facedet
from mien.evaluation.detector import CURVE_FROM, LEAST_IOU, evaluate_detector
from mien.faces.detector import HAAR, Detector, HaarDetector, NetworkDetector
from mien.models.catalog import CATALOG, FACE_DETECTOR
from mien.pictures import Picture

DEMO = Path(__file__).parent.parent / "examples" / "astronaut.png"
SIZES = ((640, 480), (1920, 1080))


def cpu_ms(detector: Detector, picture: Picture, seconds: float = 3.0) -> float:
    """The median of milliseconds of CPU a picture, after two to warm up."""
    times: list[float] = []
    for _ in range(2):
        detector.detect(picture)
    while sum(times) < seconds or len(times) < 5:
        started = time.process_time()
        detector.detect(picture)
        times.append(time.process_time() - started)
    return 1000 * float(np.median(times))


def main() -> None:
    """Writes results/detector.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    cv2.setNumThreads(1)
    ours = NetworkDetector(threshold=CURVE_FROM)
    accuracy = {
        name: {
            split: evaluate_detector(
                detector, facedet.load(data, split), threshold=threshold, least_iou=LEAST_IOU[split]
            ).to_json()
            for split in LEAST_IOU
        }
        for name, detector, threshold in ((FACE_DETECTOR, ours, ours.contract.threshold), (HAAR, HaarDetector(), 0.0))
    }
    picture, speed = pictures.load(DEMO), {}
    for width, height in SIZES:
        scaled = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
        speed[f"{width}x{height}"] = {
            name: cpu_ms(detector, scaled) for name, detector in ((FACE_DETECTOR, NetworkDetector()), (HAAR, HaarDetector()))
        }
    results.write("detector", {"accuracy": accuracy, "cpu_ms": speed, "bytes": CATALOG[FACE_DETECTOR].path.stat().st_size})


if __name__ == "__main__":
    main()
