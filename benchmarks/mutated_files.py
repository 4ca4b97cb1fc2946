"""10,000 damaged picture files through `mien look`: each is read or named, nothing crashes.

python benchmarks/mutated_files.py [--files 10000] [--seed 0]
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import results
from mien import pictures

DEMO = Path(__file__).parent.parent / "examples" / "astronaut.png"
ENDINGS = {"JPEG": "jpg", "PNG": "png", "BMP": "bmp", "TIFF": "tif", "WEBP": "webp", "GIF": "gif"}


def originals() -> list[tuple[str, bytes]]:
    """The demo face as (ending, file) in every format and several modes."""
    face = Image.fromarray(pictures.load(DEMO)).crop((150, 40, 310, 200)).resize((96, 96))
    exif = Image.Exif()
    exif[0x0112] = 6
    files = []
    for format_, ending in ENDINGS.items():
        for mode in ("RGB", "L", "P", "CMYK", "RGBA", "1"):
            buffer = io.BytesIO()
            try:
                face.convert(mode).save(buffer, format_, exif=exif)
            except (OSError, ValueError):
                continue  # a mode that the format has not
            files.append((ending, buffer.getvalue()))
    return files


def mutate(file: bytes, rng: np.random.Generator) -> bytes:
    """One to ten changes: bytes set, flipped, inserted, deleted, blocks copied, the end cut; half of them in the header."""
    data = bytearray(file)
    for _ in range(rng.integers(1, 11)):
        reach = min(len(data), 200) if rng.random() < 0.5 else len(data)
        at = int(rng.integers(0, max(reach, 1)))
        size = int(rng.integers(1, 64))
        kind = rng.integers(0, 6)
        if kind == 0:
            data[at : at + size] = rng.bytes(size)
        elif kind == 1 and data:
            data[at % len(data)] ^= 1 << int(rng.integers(0, 8))
        elif kind == 2:
            data[at:at] = rng.bytes(size)
        elif kind == 3:
            del data[at : at + size]
        elif kind == 4:
            source = int(rng.integers(0, max(len(data), 1)))
            data[at : at + size] = data[source : source + size]
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


def main() -> None:
    """Writes results/mutated_files.json; a crash, a traceback or a file without a line ends it with an error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, sources = np.random.default_rng(options.seed), originals()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.files):
            ending, file = sources[int(rng.integers(len(sources)))]
            (Path(folder) / f"{number:05}.{ending}").write_bytes(mutate(file, rng))
        command = [sys.executable, "-m", "mien.cli.main", "look", folder, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [line for line in lines if "error" in line]
    unnamed = [line for line in failed if Path(line["source"]).name not in line["error"]]
    if "Traceback" in done.stderr or done.returncode not in (0, 1) or len(lines) != options.files or unnamed:
        raise SystemExit(f"exit code {done.returncode}, {len(lines)} lines, {len(unnamed)} unnamed\n{done.stderr[-3000:]}")
    results.write(
        "mutated_files",
        {
            "files": options.files,
            "read": len(lines) - len(failed),
            "refused and named": len(failed),
            "crashes": 0,
            "tracebacks": 0,
        },
    )


if __name__ == "__main__":
    main()
