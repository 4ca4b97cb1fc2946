"""A run from its first step, or from where it was stopped, to its last, logged and followed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from mien.datasets.split import Progress
from mien.errors import ConfigError
from mien.training.checkpoint import EpochLog
from mien.training.log import RunLog
from mien.training.loop import Run, Step, Task
from mien.training.recipes import Descent

_Recipe = TypeVar("_Recipe", bound=Descent)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user decides besides the recipe.

    epochs: instead of the recipe's own. threads: of torch, None for one a core. device: cpu or cuda.
    bfloat16: whether layers compute in 16 bits (an expression network's; sums, norms and weights stay in 32).
    save_every: seconds between checkpoints within an epoch. begin_with: another run's checkpoint, whose best weights are
    the first of this one, or a model file.
    """

    seed: int = 0
    epochs: int | None = None
    threads: int | None = None
    device: str = "cpu"
    save_every: float = 60.0
    begin_with: Path | None = None
    bfloat16: bool = False

    def apply(self, recipe: _Recipe) -> _Recipe:
        """Sets torch's threads; the recipe with the settings' epochs.

        Raises:
            ConfigError: there is no such device.
        """
        if self.device not in ("cpu", "cuda") or (self.device == "cuda" and not torch.cuda.is_available()):
            raise ConfigError(f"expected the device cpu, or cuda where there is one, got {self.device!r}")
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        return recipe if self.epochs is None else replace(recipe, epochs=self.epochs)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told how it goes: while data is read, after every step, every epoch, every copy that teachers were shown."""

    on_read: Progress | None = None
    on_step: Callable[[Step], None] | None = None
    on_epoch: Callable[[EpochLog], None] | None = None
    on_copy: Progress | None = None


def run_to_end(
    task: Task, folder: Path, settings: Settings, listener: Listener, facts: dict[str, Any]
) -> tuple[Run, RunLog | None]:
    """Trains ``task`` in ``folder`` until it is finished; ``facts`` go into the log, which only the first process has.

    Raises:
        ConfigError: ``folder`` holds a run with other settings.
        KeyboardInterrupt: Ctrl-C was pressed; the run is saved.
    """
    run = Run(folder, task, seed=settings.seed, device=settings.device, begin_with=settings.begin_with)
    if run.processes.rank:
        run.train(save_every=settings.save_every)
        return run, None
    log = RunLog(run, facts)

    def finish_epoch(epoch: EpochLog) -> None:
        log.write(epoch)
        if listener.on_epoch:
            listener.on_epoch(epoch)

    try:
        run.train(save_every=settings.save_every, on_step=listener.on_step, on_epoch=finish_epoch)
    finally:
        log.close()
    return run, log
