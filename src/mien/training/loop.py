"""The training loop, the same for every network: resumable at any step, bit for bit."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mien.errors import ConfigError
from mien.training.checkpoint import EpochLog, Progress, best_weights, load_checkpoint, save_checkpoint
from mien.training.muon import Muon
from mien.training.processes import Processes, processes
from mien.training.recipes import Descent
from mien.training.sharpness import uphill
from mien.training.unfolding import unfold

CHECKPOINT: Final = "checkpoint.pt"
_WARM_UP: Final = 0.05
# Batches on which a model file's weights get their statistics back.
_SHOWN: Final = 32


class Task(Protocol):
    """What a run trains, and on what. Whatever it draws at random it draws from the seed it is given."""

    @property
    def name(self) -> str:
        """What is trained, for the title of a plot."""
        ...

    @property
    def score(self) -> str:
        """What the second number of ``validate`` is, for the axis of a plot."""
        ...

    @property
    def recipe(self) -> Descent:
        """How the weights go down the loss."""
        ...

    def network(self) -> nn.Module:
        """A new network, weights drawn from torch's global generator."""
        ...

    def setup(self) -> dict[str, Any]:
        """Plain values that a run must not change when it goes on: its recipe, a digest of its data."""
        ...

    def batches(self, seed: int) -> list[Tensor]:
        """One epoch's pictures as index batches."""
        ...

    def loss(self, network: nn.Module, rows: Tensor, seed: int, device: str) -> Tensor:
        """The mean loss of ``network`` on one batch, augmented."""
        ...

    def validate(self, network: nn.Module, device: str) -> tuple[float, float]:
        """(loss, score) on validation; leaves the network in evaluation mode."""
        ...

    def merit(self, log: EpochLog) -> float:
        """What the epoch whose weights are kept has most of, by its ``log``."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """Told after every step: its epoch, its number in the epoch from 1, steps in an epoch, mean loss of the epoch so far."""

    epoch: int
    number: int
    total: int
    loss: float


class Run:
    """One training run in one folder: begin it, kill it at any moment, and ``train`` goes on as if nothing had happened.

    On the same processor and with the same number of threads the final weights are bit-identical to those of a run
    that was never interrupted.
    """

    def __init__(self, folder: Path, task: Task, *, seed: int, device: str = "cpu", begin_with: Path | None = None) -> None:
        """``begin_with``: whose weights are the first: another run's checkpoint.pt (its best ones), a shipped network, a file.

        Raises:
            ConfigError: ``folder`` holds a run of another recipe, seed, thread count or data, or ``begin_with`` is no
                checkpoint or model file of such a network.
        """
        self.processes = processes(device)
        torch.manual_seed(seed)
        self.folder, self.task, self.recipe, self.seed, self.device = folder, task, task.recipe, seed, device
        self.begun_with = begin_with
        # channels_last is 1.3 to 1.4 times as fast on the CPU for these networks.
        self.network = task.network().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        going_on = (folder / CHECKPOINT).exists()
        if begin_with and not going_on:
            if begin_with.suffix == ".pt":
                self.network.load_state_dict(best_weights(begin_with, self.network))
            else:
                unfold(begin_with, self.network, self._show)
        self._together = self.processes.together(self.network)
        self.average = _average(self.network, self.recipe.average) if self.recipe.average else None
        self.optimizer = _optimizer(self.network, self.recipe, self.processes)
        self.progress = Progress()
        self._setup = task.setup() | {"seed": seed, "threads": torch.get_num_threads(), "device": device}
        if begin_with:
            self._setup["begun_with"] = str(begin_with)
        if self.processes.count > 1:
            self._setup["processes"] = self.processes.count
        folder.mkdir(parents=True, exist_ok=True)
        if going_on:
            self.progress, states = load_checkpoint(folder / CHECKPOINT, self._setup)
            for name, part in self._parts().items():
                part.load_state_dict(states[name])

    @property
    def finished(self) -> bool:
        """Whether the epochs, or the patience, are used up."""
        done = self.progress.epoch - 1
        waited = done - self.progress.best_epoch
        return done >= self.recipe.epochs or (self.recipe.patience is not None and waited >= self.recipe.patience)

    def train(
        self,
        *,
        save_every: float = 60.0,
        on_step: Callable[[Step], None] | None = None,
        on_epoch: Callable[[EpochLog], None] | None = None,
    ) -> None:
        """Trains to the end; saves after every epoch, every ``save_every`` seconds, and on Ctrl-C.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed; the step under way has been finished and the run saved.
            ConfigError: the loss is no number any more.
        """
        saved = time.monotonic()
        with _deferred_interrupt() as interrupted:
            while not self.finished:
                batches = self.task.batches(_derived_seed(self.seed, self.progress.epoch))
                while self.progress.step < len(batches):
                    self._step(batches)
                    if on_step:
                        mean = self.progress.loss_sum / self.progress.step
                        on_step(Step(self.progress.epoch, self.progress.step, len(batches), mean))
                    stopping = self.processes.any(interrupted())
                    if stopping or time.monotonic() - saved > save_every:
                        self._save()
                        saved = time.monotonic()
                    if stopping:
                        raise KeyboardInterrupt
                log = self._finish_epoch(len(batches))
                self._save()
                if on_epoch:
                    on_epoch(log)
            if interrupted():
                raise KeyboardInterrupt

    def best_network(self) -> nn.Module:
        """A copy of the network, in evaluation mode on the CPU, with the weights of the best epoch."""
        network = self.task.network()
        network.load_state_dict(self.progress.best_weights)
        return network.eval()

    def _show(self, network: nn.Module) -> None:
        for number, rows in enumerate(self.task.batches(self.seed)[:_SHOWN]):
            self.task.loss(network, rows, _derived_seed(self.seed, 0, number), self.device)

    def _step(self, batches: list[Tensor]) -> None:
        started = time.monotonic()
        progress = self.progress
        others = (self.processes.rank,) if self.processes.rank else ()
        derived = _derived_seed(self.seed, progress.epoch, progress.step + 1, *others)
        torch.manual_seed(derived)  # dropout draws from the global generator
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate(len(batches))
        self.network.train()
        self.optimizer.zero_grad()
        rows = self.processes.share(batches[progress.step])
        with self._uphill(rows, derived):
            loss = self.task.loss(self._together, rows, derived, self.device)
            loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        if self.average:
            self.average.update_parameters(self.network)
        progress.loss_sum += loss.item()
        progress.step += 1
        progress.seconds += time.monotonic() - started

    def _uphill(self, rows: Tensor, derived: int) -> AbstractContextManager[None]:
        if not self.recipe.sharpness:
            return nullcontext()
        some = rows[: max(2, len(rows) // 4)]
        return uphill(self.network, self.recipe.sharpness, lambda network: self.task.loss(network, some, derived, self.device))

    def _finish_epoch(self, steps: int) -> EpochLog:
        progress = self.progress
        network = self.average.module if self.average else self.network
        first = self.processes.rank == 0
        loss, score = self.processes.of_the_first(self.task.validate(network, self.device) if first else None)
        if self.processes.any(not math.isfinite(progress.loss_sum + loss)):
            raise ConfigError(
                f"{self.folder}: in epoch {progress.epoch} the loss became no number; lower the learning rate, and begin anew"
            )
        rate = self.optimizer.param_groups[0]["lr"]
        log = EpochLog(progress.epoch, progress.loss_sum / steps, loss, score, rate, progress.seconds)
        merit = self.task.merit(log)
        if merit > progress.best_score:
            progress.best_epoch, progress.best_score = progress.epoch, merit
            progress.best_weights = {name: w.detach().cpu().clone() for name, w in network.state_dict().items()}
        progress.history.append(log)
        progress.epoch, progress.step, progress.loss_sum, progress.seconds = progress.epoch + 1, 0, 0.0, 0.0
        return log

    def _learning_rate(self, steps: int) -> float:
        """A function of the step alone, so that resuming needs no schedule state."""
        if self.recipe.schedule == "constant":
            return self.recipe.learning_rate
        done = ((self.progress.epoch - 1) * steps + self.progress.step + 1) / (self.recipe.epochs * steps)
        if done < _WARM_UP:
            return self.recipe.learning_rate * done / _WARM_UP
        return self.recipe.learning_rate * (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP))) / 2

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {"network": self.network, "optimizer": self.optimizer}
        return parts | {"average": self.average} if self.average else parts

    def _save(self) -> None:
        if self.processes.rank:
            return
        states = {name: part.state_dict() for name, part in self._parts().items()}
        save_checkpoint(self.folder / CHECKPOINT, self.progress, states, self._setup)


@contextmanager
def _deferred_interrupt() -> Iterator[Callable[[], bool]]:
    """Says, when asked, whether Ctrl-C was pressed; a KeyboardInterrupt could fall between two halves of a step."""
    pressed = False

    def press(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True

    in_main_thread = threading.current_thread() is threading.main_thread()  # only there may signals be handled
    previous = signal.signal(signal.SIGINT, press) if in_main_thread else None
    try:
        yield lambda: pressed
    finally:
        if in_main_thread:
            signal.signal(signal.SIGINT, previous)


def _derived_seed(*parts: int) -> int:
    """One well-mixed 63-bit seed for each tuple of numbers."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _average(network: nn.Module, decay: float) -> AveragedModel:
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)  # type: ignore[no-untyped-call]


def _optimizer(network: nn.Module, recipe: Descent, together: Processes) -> torch.optim.Optimizer:
    if recipe.optimizer == "muon":
        return Muon(network, recipe.learning_rate, recipe.weight_decay, together)
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    kinds: dict[str, type[torch.optim.Adam]] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    return kinds[recipe.optimizer](groups, lr=recipe.learning_rate)
