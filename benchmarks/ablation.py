"""What each idea in the training of the expression networks is worth: short runs of a tiny one, each with one thing changed.

python benchmarks/ablation.py --data DIR      (two at a time, each resumable: some minutes a run on one core)
"""

import argparse
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Literal

import torch

from mien.datasets import ferplus
from mien.training.architectures import ARCHITECTURES, stages
from mien.training.data import TrainingData, training_data
from mien.training.distillation import Teachers
from mien.training.expression_task import ExpressionTask
from mien.training.log import RunLog
from mien.training.loop import Run
from mien.training.recipes import RECIPES, Recipe

LOGS: Final = Path(__file__).parent / "runs" / "ablation"
TEACHER: Final = "mien"
# `mien-tiny` as it was when these runs began.
_NARROW: Final = "mien-tiny-narrow"
_FILTERS: Final = ((8, 8), (24, 24), (96,) * 4, (160,) * 3, (208,))
ARCHITECTURES[_NARROW] = partial(stages, _FILTERS, dropout=0.1, full=2, excited=True)
_UNEXCITED: Final = "mien-tiny-unexcited"
ARCHITECTURES[_UNEXCITED] = partial(stages, _FILTERS, dropout=0.1, full=2)
# As many parameters without separable convolutions: half the width of `mien`.
_WHOLE: Final = "mien-tiny-whole"
ARCHITECTURES[_WHOLE] = partial(stages, ((8, 8), (16, 16), (32,) * 3, (64,) * 3, (80,)), dropout=0.1, full=5, excited=True)
BASE: Final = replace(RECIPES["mien-tiny"], architecture=_NARROW, batch_size=64, learning_rate=3e-3, epochs=3, average=0.99)
SEEDS: Final = range(3)


@dataclass(frozen=True, slots=True)
class Idea:
    """One thing changed in ``BASE``. had: whether ``BASE`` has the idea, and ``recipe`` lacks it, or the other way round."""

    name: str
    recipe: Recipe
    had: bool


def _pictures(name: str, *, had: bool, **changed: float) -> Idea:
    return Idea(name, replace(BASE, augmentation=replace(BASE.augmentation, **changed)), had)


IDEAS: Final = {
    "votes": Idea("distribution of the votes (their largest instead)", replace(BASE, targets="largest"), had=True),
    "separable": Idea(
        "separable convolutions (whole ones instead, a third as wide)", replace(BASE, architecture=_WHOLE), had=True
    ),
    "excited": Idea("squeeze-and-excitation", replace(BASE, architecture=_UNEXCITED), had=True),
    "muon": Idea("Muon (AdamW instead)", replace(BASE, optimizer="adamw"), had=True),
    "cosine": Idea("rate that falls as a cosine (a constant one instead)", replace(BASE, schedule="constant"), had=True),
    "average": Idea("averaged weights", replace(BASE, average=None), had=True),
    "flip": _pictures("mirror images", had=True, flip=False),
    "geometry": _pictures("turned, shifted, zoomed and sheared", had=True, rotation=0, shift=0, zoom=0, shear=0),
    "light": _pictures("other contrast and brightness", had=True, contrast=0, brightness=0),
    "worse": _pictures("coarse and noisy", had=True, coarse=0, noise=0),
    "erasing": _pictures("erasing", had=False, erasing=0.5),
    "mixup": _pictures("mixup", had=False, mixup=0.2),
    "taught": Idea(f"taught by `{TEACHER}`, half of each target", replace(BASE, taught=0.5), had=False),
    "sharpness": Idea("sharpness-aware steps", replace(BASE, sharpness=0.05), had=False),
    "wide": Idea(
        "wide at full resolution, separable from the second convolution on, no squeeze-and-excitation: `mien-tiny` as it is",
        replace(BASE, architecture="mien-tiny"),
        had=False,
    ),
}


def log_of(name: str, seed: int) -> Path:
    """Where the log of a finished run lies."""
    return LOGS / f"{name}-{seed}.json"


@cache
def _data(directory: Path, targets: Literal["largest", "votes"], share: float) -> tuple[TrainingData, dict[str, Any]]:
    """What is seen, and what the log says of it."""
    splits = {name: ferplus.load(directory, name) for name in ferplus.FOLDERS}
    data = training_data(splits["train"], splits["valid"], held_out=splits["test"].crops, targets=targets)
    facts: dict[str, Any] = {"pictures": len(data.crops)}
    if not share:
        return data, facts
    teachers = Teachers([TEACHER], share)
    return teachers.teach(data), facts | {"teachers": teachers.credits}


def train(name: str, recipe: Recipe, seed: int, directory: Path, runs: Path) -> str:
    """One run to its end, or on from where it was stopped; its log is copied beside the others."""
    torch.set_num_threads(1)
    folder = runs / f"{name}-{seed}"
    data, facts = _data(directory, recipe.targets, recipe.taught)
    run = Run(folder, ExpressionTask(recipe, data), seed=seed)
    log = RunLog(run, facts)
    run.train(on_epoch=log.write)
    log.close()
    LOGS.mkdir(exist_ok=True)
    shutil.copy(folder / "log.json", log_of(name, seed))
    last = run.progress.history[-1]
    return f"{name}, seed {seed}: cross-entropy {last.valid_loss:.4f}, accuracy {last.valid_score:.2%}"


def main() -> None:
    """Trains what has no log yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="FER+")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"), help="where checkpoints lie")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    recipes = {"base": BASE} | {name: idea.recipe for name, idea in IDEAS.items()}
    missing = [(seed, name) for seed in SEEDS for name in recipes if not log_of(name, seed).exists()]
    # First seeds first: a table of two seeds is better than three seeds of half a table.
    with ProcessPoolExecutor(options.processes) as pool:
        jobs = [pool.submit(train, name, recipes[name], seed, options.data, options.runs) for seed, name in missing]
        for job in jobs:
            print(job.result(), flush=True)


if __name__ == "__main__":
    main()
