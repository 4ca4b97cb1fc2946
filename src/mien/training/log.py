"""What a run tells about itself: a JSON log with its commit and seed, TensorBoard scalars, curves as a picture."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from mien.figures import new_figure, save_figure
from mien.files import replacing
from mien.models.contract import Accuracy
from mien.training.checkpoint import EpochLog
from mien.training.loop import Run


class RunLog:
    """Keeps ``log.json``, ``curves.png`` and ``tensorboard/`` in the run's folder up to date; call ``write`` every epoch."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._test: list[dict[str, Any]] = []
        # Whatever a killed process wrote, or did not come to write, is replaced by what the checkpoint knows.
        self._board = SummaryWriter(str(run.folder / "tensorboard"), purge_step=0)
        for log in run.progress.history:
            self._add_scalars(log)
        if run.progress.history:
            self._write_files()

    def write(self, log: EpochLog) -> None:
        """Adds an epoch that the run has finished."""
        self._add_scalars(log)
        self._board.flush()
        self._write_files()

    def write_test(self, accuracies: Sequence[Accuracy]) -> None:
        """Adds what the finished network reaches on test."""
        self._test = [asdict(accuracy) for accuracy in accuracies]
        self._write_files()

    def close(self) -> None:
        """Closes the TensorBoard file."""
        self._board.close()

    def _add_scalars(self, log: EpochLog) -> None:
        for name, value in asdict(log).items():
            if name != "epoch":
                self._board.add_scalar(name, value, log.epoch)

    def _write_files(self) -> None:
        run, progress = self._run, self._run.progress
        content = {
            "commit": _commit(),
            "seed": run.seed,
            "recipe": asdict(run.recipe),
            "pictures": len(run.data.crops),
            "copies_left_out": run.data.copies,
            "best_epoch": progress.best_epoch,
            "best_valid_accuracy": progress.best_accuracy,
            "test": self._test,
            "epochs": [asdict(log) for log in progress.history],
        }
        with replacing(run.folder / "log.json") as partial:
            partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if len(progress.history) > 1:
            plot_curves(progress.history, run.recipe.architecture, run.folder / "curves.png")


def plot_curves(history: list[EpochLog], title: str, path: Path) -> None:
    """Loss and validation accuracy by epoch, the best epoch marked."""
    epochs = [log.epoch for log in history]
    best = max(history, key=lambda log: log.valid_accuracy)
    figure = new_figure(9, 3.8)
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [log.train_loss for log in history], label="training (augmented, its own targets)", color="#718096")
    left.plot(epochs, [log.valid_loss for log in history], label="validation (to the votes)", color="#2b6cb0")
    left.set(xlabel="epoch", ylabel="cross-entropy, nats")
    left.legend(frameon=False, fontsize=8)
    right.plot(epochs, [100 * log.valid_accuracy for log in history], color="#2b6cb0")
    right.plot(best.epoch, 100 * best.valid_accuracy, "o", color="#c05621")
    right.set(xlabel="epoch", ylabel="validation accuracy, %, ferplus-8")
    right.set_title(f"best {best.valid_accuracy:.2%} after epoch {best.epoch}", fontsize=9)
    figure.suptitle(title, fontsize=10)
    save_figure(figure, path)


def _commit() -> str | None:
    """The commit of the code under way, "-dirty" added where it was changed; None outside a repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
