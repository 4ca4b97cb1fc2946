"""Training: mini-batches or single patterns, early stopping, a checkpoint that a killed run goes on from."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike

from mien.nn.buffers import Buffers, Floats
from mien.nn.losses import Loss
from mien.nn.network import Network, write_npz
from mien.nn.optimizers import Optimizer


@dataclass(slots=True)
class History:
    """Losses by epoch: ``train`` is the mean over the epoch's batches as they were met; ``validation`` is empty without one.

    best: the epoch (from 1) whose weights the network has at the end; 0 without validation.
    """

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    best: int = 0

    @property
    def epochs(self) -> int:
        """How many have been trained."""
        return len(self.train)


def fit(
    network: Network,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    patience: int | None = None,
    epsilon: float = 0.0,
    checkpoint: Path | None = None,
    on_epoch: Callable[[History], None] | None = None,
) -> History:
    """Trains ``network`` on rows x (n, inputs) towards y (n, outputs); ``batch_size`` 1 is the per-pattern rule.

    Stops when the epochs are used up, when the training loss is below ``epsilon``, or when the validation loss has not
    fallen for ``patience`` epochs. With ``validation`` the weights of its best epoch are restored at the end.
    ``checkpoint`` is written after every epoch; where it exists the training goes on from it, to the same weights.

    Raises:
        ValueError: wrong shapes or numbers, patience without validation, or a checkpoint of another network.
    """
    rows, targets = network.checked(x, network.inputs, "x"), network.checked(y, network.outputs, "y")
    if len(rows) != len(targets) or batch_size < 1:
        raise ValueError(
            f"expected as many rows in x as in y and batch_size >= 1; got {len(rows)}, {len(targets)}, {batch_size}"
        )
    loss.check(targets)
    if patience is not None and validation is None:
        raise ValueError("patience needs validation rows to judge by; give validation=(x, y)")
    held = validation and (
        network.checked(validation[0], network.inputs, "x"),
        network.checked(validation[1], network.outputs, "y"),
    )
    run = _Run(network, optimizer, rng, checkpoint)
    while not run.finished(epochs, patience, epsilon):
        run.epoch(rows, targets, loss, batch_size, held)
        if on_epoch:
            on_epoch(run.history)
    if run.best:
        network.restore(run.best)
    return run.history


class _Run:
    """What a checkpoint holds: network, optimizer, generators, history, best weights so far."""

    def __init__(self, network: Network, optimizer: Optimizer, rng: np.random.Generator, path: Path | None) -> None:
        self.network, self.optimizer, self.rng, self.path = network, optimizer, rng, path
        self.history, self.best = History(), dict[str, Floats]()
        self._buffers = Buffers(network.dtype)
        self._order = np.empty(0, np.intp)
        optimizer.prepare(network.weights)
        if path is not None and path.exists():
            self._load(path)

    def finished(self, epochs: int, patience: int | None, epsilon: float) -> bool:
        done, history = self.history.epochs, self.history
        waited = patience is not None and done - history.best >= patience
        return done >= epochs or waited or (done > 0 and history.train[-1] < epsilon)

    def epoch(self, x: Floats, y: Floats, loss: Loss, batch_size: int, held: tuple[Floats, Floats] | None) -> None:
        total, network = 0.0, self.network
        if len(self._order) != len(x):
            self._order = np.empty(len(x), np.intp)
        self._order[:] = np.arange(len(x))  # each epoch's order hangs on the generator alone, not on the epoch before
        self.rng.shuffle(self._order)
        for start in range(0, len(x), batch_size):
            rows = self._order[start : start + batch_size]
            if batch_size == 1:
                batch_x, batch_y = x[rows[0]][None], y[rows[0]][None]
            else:
                batch_x = np.take(x, rows, axis=0, out=self._buffers("x", (len(rows), x.shape[1])), mode="clip")
                batch_y = np.take(y, rows, axis=0, out=self._buffers("y", (len(rows), y.shape[1])), mode="clip")
            total += network.learn(batch_x, batch_y, loss) * len(rows)
            self.optimizer.step(network.weights, network.gradients)
        if not np.isfinite(total):
            raise ValueError(f"the loss of epoch {self.history.epochs + 1} is {total}: lower the learning rate")
        self.history.train.append(total / len(x))
        if held:
            self._validate(held, loss)
        if self.path is not None:
            self._save(self.path)

    def _validate(self, held: tuple[Floats, Floats], loss: Loss) -> None:
        self.history.validation.append(self.network.loss(*held, loss))
        if not self.best or self.history.validation[-1] < min(self.history.validation[:-1]):
            self.history.best, self.best = self.history.epochs, self.network.state()

    def _save(self, path: Path) -> None:
        told = {
            "of": self._identity(),
            "train": self.history.train,
            "validation": self.history.validation,
            "best": self.history.best,
            "steps": self.optimizer.steps,
            "rng": self.rng.bit_generator.state,
            "network_rng": self.network.rng.bit_generator.state,
        }
        arrays = {f"network/{name}": array for name, array in self.network.state().items()}
        arrays |= {f"best/{name}": array for name, array in self.best.items()}
        arrays |= {f"optimizer/{name}": array for name, array in self.optimizer.state.items()}
        write_npz(path, {"run": np.array(json.dumps(told)), **arrays})

    def _load(self, path: Path) -> None:
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                arrays = dict(file)
            told = json.loads(str(arrays["run"]))
            of = told["of"]
        except (ValueError, KeyError, EOFError, BadZipFile) as error:
            raise ValueError(f"{path}: expected a checkpoint of fit, got another or damaged file ({error!r})") from None
        if of != self._identity():
            raise ValueError(
                f"{path}: a checkpoint of {of}, expected one of {self._identity()}; give another path to begin anew"
            )
        self.network.restore(_part(arrays, "network"))
        self.best, self.optimizer.steps = _part(arrays, "best"), told["steps"]
        for name, array in _part(arrays, "optimizer").items():
            self.optimizer.state[name][:] = array
        self.history = History(told["train"], told["validation"], told["best"])
        self.rng.bit_generator.state = told["rng"]
        self.network.rng.bit_generator.state = told["network_rng"]

    def _identity(self) -> list[object]:
        """What a checkpoint must be of to be gone on from: this network and this kind of optimizer."""
        return [self.network.description(), type(self.optimizer).__name__]


def _part(arrays: dict[str, Floats], prefix: str) -> dict[str, Floats]:
    return {name.removeprefix(f"{prefix}/"): array for name, array in arrays.items() if name.startswith(f"{prefix}/")}
