"""A training run on disk: one file that holds all that the run needs to go on exactly where it was."""

import math
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from mien.errors import ConfigError
from mien.files import replacing
from mien.training.widening import place


@dataclass(frozen=True, slots=True)
class EpochLog:
    """One finished epoch: mean training loss, loss and score on validation (see ``Task``), learning rate, seconds."""

    epoch: int
    train_loss: float
    valid_loss: float
    valid_score: float
    learning_rate: float
    seconds: float


@dataclass(slots=True)
class Progress:
    """Where a run stands.

    epoch, step: the next step to take. loss_sum, seconds: of the epoch under way.
    best_epoch, best_score, best_weights: the checkpoint that validation likes most so far, by the task's merit.

    There are no random states here because there are none to lose: the data order of an epoch and all that is drawn
    in a step (augmentation, dropout) come from generators seeded with (seed, epoch) and (seed, epoch, step).
    """

    epoch: int = 1
    step: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    best_epoch: int = 0
    best_score: float = -math.inf
    best_weights: dict[str, torch.Tensor] = field(default_factory=dict)
    history: list[EpochLog] = field(default_factory=list)


def save_checkpoint(path: Path, progress: Progress, states: dict[str, Any], setup: dict[str, Any]) -> None:
    """Writes the run; a kill leaves the old file or the new one.

    ``states`` are the state dicts of network, optimizer and average; ``setup`` is what must not change on resuming.
    """
    with replacing(path) as partial:
        torch.save({"progress": asdict(progress), "states": states, "setup": setup}, partial)


def best_weights(path: Path, network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The best weights of the run at ``path``, for ``network``: the same one, or one of as many layers that is wider.

    Raises:
        ConfigError: no checkpoint there, or one of another network.
    """
    try:
        weights: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)["progress"]["best_weights"]
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: expected a checkpoint of mien to begin with ({error!r})") from error
    wider = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    refused = f"{path}: a checkpoint of another network, or before its first epoch ended; its weights do not fit"
    if weights.keys() != wider.keys():
        raise ConfigError(refused)
    try:
        for name, tensor in wider.items():
            place(weights[name], tensor)
    except ValueError as error:
        raise ConfigError(refused) from error
    return wider


def load_checkpoint(path: Path, setup: dict[str, Any]) -> tuple[Progress, dict[str, Any]]:
    """(progress, states) of the run at ``path``.

    Raises:
        ConfigError: the file is damaged, or the run there was started with another set-up.
    """
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        progress = Progress(**saved["progress"])
    except (RuntimeError, pickle.UnpicklingError, EOFError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path}: expected a checkpoint of mien, got another or damaged file; remove it ({error!r})"
        ) from error
    if saved["setup"] != setup:
        then = saved["setup"]
        changed = sorted(key for key in then.keys() | setup.keys() if then.get(key) != setup.get(key))
        raise ConfigError(
            f"{path}: the run there differs in {', '.join(changed)} "
            f"(was {[then.get(key) for key in changed]}, is {[setup.get(key) for key in changed]}); "
            f"give another --run folder, or the old settings to resume it"
        )
    progress.history = [EpochLog(**log) for log in saved["progress"]["history"]]
    return progress, saved["states"]
