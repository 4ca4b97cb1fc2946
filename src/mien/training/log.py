"""What a run tells about itself: a JSON log with its commit and seed, TensorBoard scalars, curves as a picture."""

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from mien.figures import new_figure, save_figure
from mien.files import replacing
from mien.training.checkpoint import EpochLog
from mien.training.loop import Run, Task


class RunLog:
    """Keeps ``log.json``, ``curves.png`` and ``tensorboard/`` in the run's folder up to date; call ``write`` every epoch."""

    def __init__(self, run: Run, facts: dict[str, Any]) -> None:
        """``facts``: what else the log should tell, e.g. how many pictures."""
        self._run, self._facts = run, facts
        self._path = run.folder / "log.json"
        self._test: list[dict[str, Any]] = []
        self._commit = code_commit()  # now, not when an epoch ends: the code that runs is the code that was loaded
        if run.progress.history and self._path.exists():
            self._go_on(json.loads(self._path.read_text(encoding="utf-8")))
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

    def write_test(self, figures: list[dict[str, Any]]) -> None:
        """Adds what the finished network reaches on test."""
        self._test = figures
        self._write_files()

    def close(self) -> None:
        """Closes the TensorBoard file."""
        self._board.close()

    def _go_on(self, earlier: dict[str, Any]) -> None:
        """A finished run keeps what it was made with; one that goes on names all the commits that had a part in it."""
        if self._run.finished:
            self._commit, self._test = earlier["commit"], earlier["test"]
        else:
            commits = [*(earlier["commit"] or "").split(", "), self._commit]
            self._commit = ", ".join(dict.fromkeys(commit for commit in commits if commit)) or None

    def _add_scalars(self, log: EpochLog) -> None:
        for name, value in asdict(log).items():
            if name != "epoch":
                self._board.add_scalar(name, value, log.epoch)

    def _write_files(self) -> None:
        run, progress = self._run, self._run.progress
        content = {
            "commit": self._commit,
            "seed": run.seed,
            "processes": run.processes.count,
            "begun_with": str(run.begun_with) if run.begun_with else None,
            "recipe": asdict(run.recipe),
            **self._facts,
            "best_epoch": progress.best_epoch,
            "best_valid_score": progress.history[progress.best_epoch - 1].valid_score,
            "test": self._test,
            "epochs": [asdict(log) for log in progress.history],
        }
        with replacing(self._path) as partial:
            partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if len(progress.history) > 1:
            plot_curves(progress.history, run.task, run.folder / "curves.png")


def plot_curves(history: list[EpochLog], task: Task, path: Path) -> None:
    """Loss and validation score by epoch, the best epoch marked."""
    epochs = [log.epoch for log in history]
    best = max(history, key=task.merit)
    figure = new_figure(9, 3.8)
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [log.train_loss for log in history], label="training (augmented)", color="#718096")
    left.plot(epochs, [log.valid_loss for log in history], label="validation", color="#2b6cb0")
    left.set(xlabel="epoch", ylabel="loss")
    left.legend(frameon=False, fontsize=8)
    right.plot(epochs, [100 * log.valid_score for log in history], color="#2b6cb0")
    right.plot(best.epoch, 100 * best.valid_score, "o", color="#c05621")
    right.set(xlabel="epoch", ylabel=f"validation, %: {task.score}")
    right.set_title(f"best {best.valid_score:.2%} after epoch {best.epoch}", fontsize=9)
    figure.suptitle(task.name, fontsize=10)
    save_figure(figure, path)


def code_commit(file: Path = Path(__file__)) -> str | None:
    """The commit of the code under way, "-dirty" added where it was changed; None where ``file`` is of no repository."""
    git = ["git", "-C", str(file.parent)]
    try:
        # An installed mien may lie in somebody else's repository, which does not track it.
        subprocess.run([*git, "ls-files", "--error-unmatch", file.name], capture_output=True, check=True)  # noqa: S603
        described = [*git, "describe", "--always", "--abbrev=40", "--dirty"]
        return subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
