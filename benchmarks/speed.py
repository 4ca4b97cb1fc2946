"""Time of a face, of a picture and of the import, one thread each, against the VGG13 of the FER+ paper in the same run.

python benchmarks/speed.py
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch
from torch import nn

import results
from mien import FaceReader, pictures
from mien.models.catalog import CATALOG
from mien.models.contract import Contract
from mien.models.session import open_session
from mien.training.architectures import parameter_counts
from peers import efficientnet_b0, mini_xception, vgg13

ROUNDS = 15


def session_of(network: nn.Module, side: int) -> onnxruntime.InferenceSession:
    """A torch network on ONNX Runtime with one thread, as the shipped ones run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        batch = torch.export.Dim("n")
        torch.onnx.export(
            network.eval(),
            (torch.zeros(2, 1, side, side),),
            file,
            dynamic_shapes=({0: batch},),
            external_data=False,
            verbose=False,
        )
        return onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])


def milliseconds(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """CPU milliseconds of each: the median of rounds in which all take their turn, so that a slow moment hits all."""
    for run in runs.values():
        run()
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            started = time.process_time()
            run()
            taken[name].append(1000 * (time.process_time() - started))
    return {name: statistics.median(times) for name, times in taken.items()}


def time_faces() -> dict[str, object]:
    """Milliseconds a face at batch 1 and 64, and as ratio to VGG13."""
    peers = {"vgg13": (vgg13(), 64), "mini-Xception": (mini_xception(), 64), "EfficientNet-B0": (efficientnet_b0(), 224)}
    sessions = {name: (session_of(network, side), side) for name, (network, side) in peers.items()}
    classifiers = {name: entry for name, entry in CATALOG.items() if entry.contract is Contract}
    sessions |= {name: (open_session(name, entry.contract)[0], 48) for name, entry in classifiers.items()}
    figures: dict[str, object] = {f"{name} parameters": parameter_counts(network)[1] for name, (network, _) in peers.items()}
    for batch, repeats in ((1, 20), (64, 1)):

        def run(name: str, batch: int = batch, repeats: int = repeats) -> None:
            session, side = sessions[name]
            x = np.zeros((batch, 1, side, side), np.float32)
            for _ in range(repeats):
                session.run(None, {session.get_inputs()[0].name: x})

        taken = milliseconds({name: lambda name=name: run(name) for name in sessions})
        for name, ms in taken.items():
            figures[f"{name}, batch {batch}"] = {"ms": ms / batch / repeats, "ratio": ms / taken["vgg13"]}
    return figures


def time_picture() -> float:
    """CPU milliseconds of the whole way, detection, crop and reading, for a 640x480 picture of one face."""
    cv2.setNumThreads(1)
    demo = pictures.load(Path(__file__).parent.parent / "examples" / "astronaut.png")
    picture = cv2.copyMakeBorder(cv2.resize(demo, (480, 480)), 0, 0, 80, 80, cv2.BORDER_REPLICATE)
    reader = FaceReader()
    return milliseconds({"look": lambda: reader.look(picture)})["look"]


def time_import() -> float:
    """Milliseconds that `import mien` takes beyond NumPy, the median of five fresh interpreters."""
    command = [sys.executable, "-X", "importtime", "-c", "import numpy, mien"]
    taken = []
    for _ in range(5):
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
        cumulative = next(line for line in lines if re.search(r"\| mien$", line)).split("|")[1]
        taken.append(int(cumulative) / 1000)
    return statistics.median(taken)


def main() -> None:
    """Writes results/speed.json."""
    results.write("speed", {"faces": time_faces(), "look 640x480 ms": time_picture(), "import ms beyond NumPy": time_import()})


if __name__ == "__main__":
    main()
