"""Where the benchmarks leave their figures: one JSON file each under benchmarks/results/."""

import json
import os
import platform
from pathlib import Path
from typing import Any

import onnxruntime

FOLDER = Path(__file__).parent / "results"


def write(name: str, figures: dict[str, Any]) -> None:
    """Writes the figures of one benchmark, with the machine they were taken on, and prints them."""
    FOLDER.mkdir(exist_ok=True)
    content = {"machine": machine(), **figures}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(content, indent=1))


def read(name: str) -> dict[str, Any]:
    """The figures of one benchmark; a missing file says which command makes it."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{path} is missing: run benchmarks/{name}.py first")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def machine() -> str:
    """Processor, cores and the versions that matter for speed."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, ONNX Runtime {onnxruntime.__version__}"
