"""`mien watch` on ten minutes of video, and twenty crossings of two faces.

python benchmarks/video.py [--data FER+]      the crossings need faces of FER+
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

import results
from mien import pictures
from mien.datasets import ferplus
from mien.faces.reader import FaceReader
from mien.faces.video import Frame
from mien.faces.watching import Watcher
from mien.models.catalog import FACE_DETECTOR
from mien.pictures import Picture

DEMO = Path(__file__).parent.parent / "examples" / "astronaut.png"
MINUTES, RATE, READ = 10, 30, 10
CROSSINGS, FACE = 20, 96


def street(number: int, portrait: Picture) -> Picture:
    """One frame of 640x480: one to three astronauts walk, a new one every 100 seconds."""
    canvas = np.full((480, 640, 3), 110, np.uint8)
    canvas[:, :, 0] = (np.arange(640) // 4 + number // 3) % 256  # a background that moves
    for walker in range(1 + number // (100 * RATE) % 3):
        half = portrait if walker % 2 else portrait[:, ::-1]
        x = int(310 + 300 * math.sin(number / 90 + walker * 2.1)) * (640 - half.shape[1]) // 620
        y = 20 + 90 * walker
        canvas[y : y + half.shape[0], x : x + half.shape[1]] = half
    return canvas


def write_street(path: Path) -> None:
    """Ten minutes as H.264."""
    portrait = cv2.resize(pictures.load(DEMO)[:260, 120:360], (220, 238))
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for number in range(60 * MINUTES * RATE):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(street(number, portrait), format="rgb24")))
        output.mux(stream.encode())


def watch(path: Path, rows: Path) -> dict[str, float]:
    """Seconds of wall and CPU of the whole command, and how much its memory moved after a tenth of the time."""
    command = [sys.executable, "-m", "mien.cli.main", "watch", str(path), "--fps", str(READ), "--out", str(rows)]
    started, sizes = time.monotonic(), []
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/statm").read_text().split()
        sizes.append((time.monotonic() - started, int(status[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6))
        time.sleep(0.25)
    seconds = time.monotonic() - started
    late = [size for moment, size in sizes if moment > seconds / MINUTES and size > 0]
    return {
        "seconds": seconds,
        "times_real": 60 * MINUTES / seconds,
        "memory_mb": max(late),
        "memory_moved_mb": max(late) - min(late),
    }


def crossing(
    seed: int, faces: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> Iterator[tuple[Frame, list[tuple[float, float]]]]:
    """Two faces walk through each other at a drawn speed and angle; in half of the videos a post hides the first a while."""
    rng = np.random.default_rng(seed)
    speed, angle, gap = rng.uniform(60, 200), math.radians(rng.uniform(-25, 25)), rng.uniform(-20, 20)
    hides = rng.random() < 0.5
    for number in range(int(420 / speed * READ) + 1):
        way = -210 + speed * number / READ
        x, y = way * math.cos(angle), way * math.sin(angle)
        places = [(320 + x, 240 + y + gap / 2), (320 - x, 240 + y - gap / 2)]
        canvas = np.full((480, 640, 3), 90, np.uint8)
        for crop, (middle_x, middle_y) in zip(faces, places, strict=True):
            left, top = int(middle_x - FACE / 2), int(middle_y - FACE / 2)
            canvas[top : top + FACE, left : left + FACE] = crop[..., None]
        if hides and abs(way + 60) < 30:
            canvas[180:300, 200:300] = 40
        yield Frame(number, number / READ, canvas), places


def findable(reader: FaceReader, crop: NDArray[np.uint8]) -> bool:
    """Whether the detector finds the one face of a crop on a plain canvas; the tracker can follow no other."""
    canvas = np.full((2 * FACE, 2 * FACE, 3), 128, np.uint8)
    canvas[FACE // 2 : -FACE // 2, FACE // 2 : -FACE // 2] = crop[..., None]
    return len(reader.find(canvas).faces) == 1


def crossings(data: Path) -> dict[str, Any]:
    """In how many of the crossings two faces swapped numbers, and in how many a new number came up."""
    crops, reader = ferplus.load(data, "test").crops, FaceReader(detector=FACE_DETECTOR)
    swapped = renumbered = 0
    for seed in range(CROSSINGS):
        rng = np.random.default_rng(1000 + seed)
        able: list[NDArray[np.uint8]] = []
        while len(able) < 2:
            crop = cv2.resize(crops[rng.integers(len(crops))], (FACE, FACE), interpolation=cv2.INTER_CUBIC)
            if findable(reader, crop):
                able.append(crop)
        watcher, numbers = Watcher(reader), set[int]()
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        for frame, places in crossing(seed, (able[0], able[1])):
            (seen,) = watcher.watch([frame])
            for face, number in zip(seen.faces, seen.tracks, strict=True):
                numbers.add(number)
                if abs(places[0][0] - places[1][0]) > 1.2 * FACE:
                    middle = (face.box.x + face.box.width / 2, face.box.y + face.box.height / 2)
                    who = int(np.argmin([math.dist(middle, place) for place in places]))
                    first.setdefault(who, number)
                    last[who] = number
        swapped += any(last[who] == first.get(1 - who) for who in last)
        renumbered += len(numbers) > 2
    return {"n": CROSSINGS, "swapped": swapped, "with a new number": renumbered}


def main() -> None:
    """Writes results/video.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "street.mp4"
        write_street(clip)
        figures: dict[str, Any] = {"watch": watch(clip, Path(folder) / "rows.csv")}
    if data:
        figures["crossings"] = crossings(data)
    results.write("video", figures)


if __name__ == "__main__":
    main()
