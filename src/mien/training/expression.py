"""From FER+ to a finished expression network in one call: data, run, logs, temperature, ONNX."""

from dataclasses import asdict
from pathlib import Path

from mien.datasets import ferplus
from mien.errors import ConfigError
from mien.files import replacing
from mien.models.contract import Contract
from mien.training.card import model_card
from mien.training.data import training_data
from mien.training.export import export_expression
from mien.training.expression_task import ExpressionTask
from mien.training.recipes import RECIPES
from mien.training.running import Listener, Settings, run_to_end


def train_expression(
    directory: Path,
    recipe_name: str,
    folder: Path,
    *,
    settings: Settings,
    listener: Listener,
) -> tuple[Path, Contract]:
    """Trains by a recipe on FER+ under ``directory``, or goes on where the run in ``folder`` was stopped.

    Returns the ONNX file in ``folder``, named after the architecture, and its contract; the model card lies beside it.

    Raises:
        ConfigError: no such recipe or device, or ``folder`` holds a run with other settings.
        DatasetError: the data is not laid out as FER+ is.
    """
    if recipe_name not in RECIPES:
        raise ConfigError(f"no recipe is called {recipe_name!r}; there are: {', '.join(RECIPES)}")
    recipe = settings.apply(RECIPES[recipe_name])
    splits = {name: ferplus.load(directory, name, progress=listener.on_read) for name in ferplus.FOLDERS}
    data = training_data(splits["train"], splits["valid"], held_out=splits["test"].crops, targets=recipe.targets)
    facts = {"pictures": len(data.crops), "copies_left_out": data.copies}
    run, log = run_to_end(ExpressionTask(recipe, data), folder, settings, listener, facts)
    path = folder / f"{recipe.architecture}.onnx"
    contract, evaluations = export_expression(
        run.best_network(),
        recipe.architecture,
        path,
        valid_crops=data.valid_crops,
        valid_shares=data.valid_shares,
        test=splits["test"],
    )
    log.write_test([asdict(accuracy) for accuracy in contract.accuracies])
    with replacing(path.with_suffix(".md")) as partial:
        partial.write_text(model_card(contract, recipe_name, data.copies, evaluations), encoding="utf-8")
    return path, contract
