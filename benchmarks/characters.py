"""The seed's perceptron, trained from the command line: seconds, start-up included, and what it then reads right.

python benchmarks/characters.py
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
from rich.progress import track

import results
from mien import pictures
from mien.datasets import fonts
from mien.datasets.characters import SEED_CHARACTERS, sheet
from mien.models.catalog import CHARACTER_READER
from mien.models.session import open_session
from mien.models.text_contract import CharacterContract

# What is trained, by name: the arguments of `mien train characters`, and how many seeds are tried.
RUNS: dict[str, tuple[tuple[str, ...], int]] = {
    "a picture of one font": (("--image", "characters.png", "--text", "characters.txt"), 5),
    "one font": (("--fonts", "1"), 3),
    "20 fonts": (("--fonts", "20"), 5),
    "20 fonts, geometry and classes": (("--fonts", "20", "--geometry", "--outputs", "classes"), 3),
}
_EM, _LINE = 48, 18


def main() -> None:
    """Writes results/characters.json: by run, for each seed, the seconds and the figures of the model file."""
    content: dict[str, list[dict[str, object]]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw_characters(folder)
        todo = [(name, arguments, seed) for name, (arguments, seeds) in RUNS.items() for seed in range(seeds)]
        for name, arguments, seed in track(todo, "training"):
            command = [
                sys.executable,
                "-m",
                "mien.cli.main",
                "train",
                "characters",
                *arguments,
                "--seed",
                str(seed),
                "--run",
                "run",
            ]
            started = time.perf_counter()
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            seconds = time.perf_counter() - started
            contract = open_session(folder / "run" / f"{CHARACTER_READER}.onnx", CharacterContract)[1]
            content.setdefault(name, []).append({"seed": seed, "seconds": round(seconds, 2), **contract.figures})
    results.write("characters", content)


def draw_characters(folder: Path) -> None:
    """The seed's characters in DejaVu Sans, well apart, as a picture and as text."""
    font = fonts.load("train", SEED_CHARACTERS, upright_of=["DejaVu Sans"])[0]
    lines = [SEED_CHARACTERS[i : i + _LINE] for i in range(0, len(SEED_CHARACTERS), _LINE)]
    pictures.save(cv2.cvtColor(sheet(lines, font, _EM), cv2.COLOR_GRAY2RGB), folder / "characters.png")
    (folder / "characters.txt").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
