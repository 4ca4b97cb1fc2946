"""From FER+ to a finished expression network in one call: data, run, logs, temperature, ONNX."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from mien.datasets import ferplus
from mien.datasets.split import Progress
from mien.errors import ConfigError
from mien.files import replacing
from mien.models.contract import Contract
from mien.training.card import model_card
from mien.training.checkpoint import EpochLog
from mien.training.data import training_data
from mien.training.export import export_expression
from mien.training.log import RunLog
from mien.training.loop import Run, Step
from mien.training.recipes import RECIPES


def train_expression(
    directory: Path,
    recipe_name: str,
    folder: Path,
    *,
    seed: int,
    epochs: int | None = None,
    threads: int | None = None,
    device: str = "cpu",
    save_every: float = 60.0,
    on_read: Progress | None = None,
    on_step: Callable[[Step], None] | None = None,
    on_epoch: Callable[[EpochLog], None] | None = None,
) -> tuple[Path, Contract]:
    """Trains by a recipe on FER+ under ``directory``, or goes on where the run in ``folder`` was stopped.

    Returns the ONNX file in ``folder``, named after the architecture, and its contract; the model card lies beside it.

    Raises:
        ConfigError: no such recipe or device, or ``folder`` holds a run with other settings.
        DatasetError: the data is not laid out as FER+ is.
    """
    if recipe_name not in RECIPES:
        raise ConfigError(f"no recipe is called {recipe_name!r}; there are: {', '.join(RECIPES)}")
    if device not in ("cpu", "cuda") or (device == "cuda" and not torch.cuda.is_available()):
        raise ConfigError(f"expected the device cpu, or cuda where there is one, got {device!r}")
    recipe = RECIPES[recipe_name]
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs)
    if threads is not None:
        torch.set_num_threads(threads)
    splits = {name: ferplus.load(directory, name, progress=on_read) for name in ferplus.FOLDERS}
    data = training_data(splits["train"], splits["valid"], held_out=splits["test"].crops, targets=recipe.targets)
    run = Run(folder, recipe, data, seed=seed, device=device)
    log = RunLog(run)

    def finish_epoch(epoch: EpochLog) -> None:
        log.write(epoch)
        if on_epoch:
            on_epoch(epoch)

    try:
        run.train(save_every=save_every, on_step=on_step, on_epoch=finish_epoch)
    finally:
        log.close()
    path = folder / f"{recipe.architecture}.onnx"
    contract, evaluations = export_expression(
        run.best_network(),
        recipe.architecture,
        path,
        valid_crops=data.valid_crops,
        valid_shares=data.valid_shares,
        test=splits["test"],
    )
    log.write_test(contract.accuracies)
    with replacing(path.with_suffix(".md")) as partial:
        partial.write_text(model_card(contract, recipe_name, data.copies, evaluations), encoding="utf-8")
    return path, contract
