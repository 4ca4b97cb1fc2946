"""What many pictures cost: `mien batch` on 100, 1,000 and 10,000, against a plain loop over `look()` and on a local Ray.

python benchmarks/scale.py --data DIR      a folder with at least 10,000 pictures below it
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import results
from mien import look, pictures
from mien.faces.detector import MIN_FACE
from mien.faces.reader import FaceReader
from mien.models.catalog import FACE_DETECTOR

# The first tells the start-up. Small runs are repeated, for their start-up moves by more than they last.
COUNTS = {2: 9, 100: 9, 1_000: 3, 10_000: 1}
DEMO = Path(__file__).parent.parent / "examples" / "astronaut.png"
LARGE, LARGE_FACE = (4000, 3000), 160.0
LOOPED, ON_RAY, STAGED = 1_000, 10_000, 500


def batch(folder: Path, *options: str, times: int = 1) -> float:
    """Seconds of the whole command, the median of so many runs."""
    return float(np.median([once(folder, *options) for _ in range(times)]))


def once(folder: Path, *options: str) -> float:
    """Seconds of the whole command."""
    with tempfile.TemporaryDirectory() as out:
        command = [
            sys.executable,
            "-m",
            "mien.cli.main",
            "batch",
            str(folder),
            "--detector",
            FACE_DETECTOR,
            "--out",
            out,
            *options,
        ]
        started = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.monotonic() - started


def loop(names: list[Path]) -> float:
    """Seconds a picture of the plainest loop."""
    look(names[0], detector=FACE_DETECTOR)
    started = time.monotonic()
    for name in names:
        look(name, detector=FACE_DETECTOR)
    return (time.monotonic() - started) / len(names)


def stages(names: list[Path], min_face: float = MIN_FACE) -> dict[str, float]:
    """Milliseconds a picture of each stage, on one thread."""
    reader = FaceReader(detector=FACE_DETECTOR, min_face=min_face)
    seconds = dict.fromkeys(("decode", "find", "crop and read"), 0.0)
    moments = [time.monotonic()]

    def lap(stage: str) -> None:
        moments.append(time.monotonic())
        seconds[stage] += moments[-1] - moments[-2]

    for name in names:
        picture = pictures.load(name)
        lap("decode")
        faces = reader.detector.detect(picture)
        lap("find")
        found = reader.find(picture)  # finds again, and cuts; the finding is taken off below
        reader.read(found.faces, reader.classifier.classify(found.crops))
        lap("crop and read")
        del faces
    seconds["crop and read"] = max(0.0, seconds["crop and read"] - seconds["find"])
    return {stage: 1000 * value / len(names) for stage, value in seconds.items()}


def large_stages(min_face: float) -> dict[str, float]:
    """The same for photos of 12 megapixels, JPEG of quality 92."""
    with tempfile.TemporaryDirectory() as folder:
        photo = cv2.resize(pictures.load(DEMO), LARGE, interpolation=cv2.INTER_CUBIC)
        names = [Path(folder) / f"{i}.jpg" for i in range(20)]
        for name in names:
            pictures.save(photo, name)
        return stages(names, min_face)


def main() -> None:
    """Writes results/scale.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    names = sorted(pictures.find([parser.parse_args().data]))
    most = max(COUNTS)
    if len(names) < most:
        raise SystemExit(f"expected {most:,} pictures, found {len(names):,}")
    chosen = [names[i] for i in np.random.default_rng(0).permutation(len(names))[:most]]
    for name in chosen:  # no run is to wait for the disk that another did not wait for
        name.read_bytes()
    cv2.setNumThreads(1)
    figures: dict[str, Any] = {
        "stages_ms": stages(chosen[:STAGED]),
        "large_stages_ms": large_stages(MIN_FACE),
        "large_faces_stages_ms": large_stages(LARGE_FACE),
        "loop_seconds_a_picture": loop(chosen[:LOOPED]),
    }
    with tempfile.TemporaryDirectory() as folder:
        figures["batch_seconds"] = {}
        for count, times in COUNTS.items():
            part = Path(folder) / str(count)
            part.mkdir()
            for i, name in enumerate(chosen[:count]):
                (part / f"{i:06}{name.suffix}").symlink_to(name.resolve())
            # Enough shards that every core has some.
            figures["batch_seconds"][str(count)] = batch(part, "--shard", str(max(1, min(256, count // 8))), times=times)
        on_ray = {str(count): batch(Path(folder) / str(count), "--ray", "local") for count in (2, ON_RAY)}
        figures["ray_seconds"] = on_ray
    results.write("scale", figures)


if __name__ == "__main__":
    main()
