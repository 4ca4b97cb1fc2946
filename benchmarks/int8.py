"""The expression networks in eight bits: what they lose, what they gain.

python benchmarks/int8.py --data DIR
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import results
from mien.models.catalog import CATALOG
from mien.models.contract import Contract
from mien.models.session import open_session
from mien.training.quantization import quantize_expression
from speed import milliseconds

_FACES = 20


def compare(name: str, directory: Path) -> dict[str, Any]:
    """Test accuracies, bytes and CPU milliseconds of a face, as shipped and in eight bits."""
    with tempfile.TemporaryDirectory() as folder:
        path, _ = quantize_expression(name, directory, Path(folder))
        files = {"shipped": CATALOG[name].path, "int8": path}
        opened = {kind: open_session(file, Contract) for kind, file in files.items()}
        crop = {"crops": np.zeros((1, 1, 48, 48), np.float32)}

        def read(kind: str) -> None:
            for _ in range(_FACES):
                opened[kind][0].run(None, crop)

        taken = milliseconds({kind: lambda kind=kind: read(kind) for kind in files})
        return {
            kind: {
                "accuracies": {a.protocol: a.accuracy for a in opened[kind][1].accuracies},
                "bytes": file.stat().st_size,
                "ms": taken[kind] / _FACES,
            }
            for kind, file in files.items()
        }


def main() -> None:
    """Writes results/int8.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    results.write("int8", {"networks": {name: compare(name, options.data) for name in ("mien", "mien-tiny")}})


if __name__ == "__main__":
    main()
