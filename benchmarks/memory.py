"""Peak memory of `mien look` over folders of 10, 100 and 1,000 pictures: it must not grow with their number.

python benchmarks/memory.py
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import results
from mien import pictures

DEMO = Path(__file__).parent.parent / "examples" / "astronaut.png"


def peak(count: int) -> float:
    """Megabytes of one `mien look` process over ``count`` pictures of 640x640, each a little different."""
    rng = np.random.default_rng(0)
    demo = pictures.load(DEMO)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            top, left = rng.integers(0, 128, 2)
            wide = np.pad(demo, ((top, 128 - top), (left, 128 - left), (0, 0)), mode="edge")
            pictures.save(wide, Path(folder) / f"{number:04}.jpg")
        code = "import resource, sys; from mien.cli.main import run\ntry:\n run()\nfinally:\n"
        code += " print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        command = [sys.executable, "-c", code, "look", folder, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        if len(done.stdout.splitlines()) != count:
            raise SystemExit(f"expected {count} lines, got {len(done.stdout.splitlines())}: {done.stderr}")
        return int(done.stderr.splitlines()[-1]) / 1024


def main() -> None:
    """Writes results/memory.json."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results.write("memory", {"own MB before": own, "peak MB": {str(count): peak(count) for count in (10, 100, 1000)}})


if __name__ == "__main__":
    main()
