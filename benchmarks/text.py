"""`mien read` on its test kit, beside Tesseract 5 where that is installed: errors by kind, CPU time a page.

python benchmarks/text.py [--model FILE] [--pages DIR]
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from PIL import Image
from rich.progress import track

import results
from mien.datasets import corpora, fonts
from mien.datasets.pages import kit, other_pages
from mien.evaluation.text import evaluate_text
from mien.models.catalog import CATALOG, CHARACTER_READER, LINE_READER
from mien.models.session import open_session
from mien.text.alphabet import PRINTED

Command = Callable[[Path], list[str]]


def main() -> None:
    """Writes results/text.json: each reader's error by kind, its CPU seconds a page, one thread, start-up included."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=LINE_READER)
    parser.add_argument("--pages", type=Path, help="keep the kit's pages there, with their truth")
    options = parser.parse_args()
    ours = [sys.executable, "-m", "mien.cli.main", "read", "--model", options.model]
    readers: dict[str, Command] = {
        "mien": lambda page: [*ours, str(page)],
        "mien --no-language": lambda page: [*ours, "--no-language", str(page)],
    }
    if shutil.which("tesseract"):
        readers["tesseract"] = lambda page: ["tesseract", str(page), "-", "-l", "vie+eng"]
    else:
        print("Tesseract is not installed (apt-get install tesseract-ocr tesseract-ocr-vie): measured alone")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.pages or Path(temporary)
        pages = write_kit(folder)
        figures = {name: measured(pages, command, name) for name, command in readers.items()}
    content = {"n": {kind: len(given) for kind, given in pages.items()}, "readers": figures, "characters": characters()}
    if "tesseract" in readers:
        version = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
        ratio = figures["mien"]["cpu_seconds"] / figures["tesseract"]["cpu_seconds"]
        content |= {"tesseract": version, "cpu_ratio": ratio}
    results.write("text", content)


def write_kit(folder: Path) -> dict[str, list[tuple[Path, str]]]:
    """The kit's pages as PNG with their truth beside them: path and truth, by kind."""
    folder.mkdir(parents=True, exist_ok=True)
    pages: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    heldout = fonts.load("heldout", PRINTED)
    for kind, page in chain(kit(heldout, corpora.load("heldout")), other_pages(heldout, corpora.others(corpora.load("train")))):
        path = folder / f"{kind.removesuffix(', clean').replace(', ', '-').replace(' ', '-')}-{len(pages[kind])}.png"
        Image.fromarray(page.grey).save(path)
        truth = "\n".join(page.lines)
        path.with_suffix(".txt").write_text(truth + "\n", encoding="utf-8")
        pages[kind].append((path, truth))
    return pages


def measured(pages: dict[str, list[tuple[Path, str]]], command: Command, name: str) -> dict[str, object]:
    """Errors by kind, and CPU seconds a page over all of them; a process a page, one thread."""
    one_thread = os.environ | {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    one_thread.pop("PYTHONDONTWRITEBYTECODE", None)  # where it is set Python compiles us anew for every page
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    errors, count = {}, 0
    for kind, given in pages.items():
        readings = []
        for path, _ in track(given, f"{name}, {kind}"):
            done = subprocess.run(command(path), capture_output=True, text=True, check=True, env=one_thread)
            readings.append(done.stdout)
            count += 1
        errors[kind] = evaluate_text(readings, [truth for _, truth in given]).to_json()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"errors": errors, "cpu_seconds": seconds / count}


def characters() -> dict[str, float]:
    """What the shipped character reader's contract says of it."""
    return dict(open_session(CHARACTER_READER, CATALOG[CHARACTER_READER].contract)[1].to_json()["figures"])


if __name__ == "__main__":
    main()
