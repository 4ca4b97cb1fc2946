"""From FER+ to a finished expression network in one call: data, run, logs, temperature, ONNX."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from torch import nn

from mien.datasets import ferplus
from mien.errors import ConfigError
from mien.models.contract import Contract
from mien.training.architectures import parameter_counts
from mien.training.data import training_data
from mien.training.distillation import Teachers
from mien.training.export import SINGLE_VIEW, Made, export_classifier
from mien.training.expression_task import ExpressionTask
from mien.training.processes import processes
from mien.training.recipes import RECIPES, Recipe
from mien.training.running import Listener, Settings, run_to_end
from mien.training.torch_export import expression_to_onnx

_TARGETS: Final = {
    "largest": "the largest of the eight expression columns, one-hot (the seed's rule)",
    "votes": "the distribution of the expression votes",
}

_BEGUN: Final = ", begun with the weights of `{}`"
_TAUGHT: Final = "; {:.0%} of each the mean of what these networks say of the picture: {}"


def train_expression(
    directory: Path,
    recipe_name: str,
    folder: Path,
    *,
    settings: Settings,
    listener: Listener,
    teachers: Sequence[str] = (),
) -> tuple[Path, Contract] | None:
    """Trains by a recipe on FER+ under ``directory``, or goes on where the run in ``folder`` was stopped.

    ``teachers``: names or files of the classifiers that a recipe with ``taught`` learns from.
    Returns the ONNX file in ``folder``, named after the architecture, and its contract; the model card lies beside it.
    Of several processes begun by torchrun the first does that, the others return None.

    Raises:
        ConfigError: no such recipe or device, teachers missing or in vain, or ``folder`` holds a run with other settings.
        DatasetError: the data is not laid out as FER+ is.
        ModelError: a teacher is missing or damaged.
    """
    if recipe_name not in RECIPES:
        raise ConfigError(f"no recipe is called {recipe_name!r}; there are: {', '.join(RECIPES)}")
    recipe = settings.apply(RECIPES[recipe_name])
    if bool(teachers) != bool(recipe.taught):
        raise ConfigError(f"the recipe {recipe_name} wants " + ("a --teacher or more" if recipe.taught else "no --teacher"))
    splits = {name: ferplus.load(directory, name, progress=listener.on_read) for name in ferplus.FOLDERS}
    data = training_data(splits["train"], splits["valid"], held_out=splits["test"].crops, targets=recipe.targets)
    facts: dict[str, Any] = {"pictures": len(data.crops), "copies_left_out": data.copies, "bfloat16": settings.bfloat16}
    if teachers:
        staff = Teachers(teachers, recipe.taught)
        facts["teachers"] = staff.credits
        data = (
            staff.show(
                data,
                recipe.augmentation.parted()[0],
                recipe.copies,
                folder=folder / "copies",
                seed=settings.seed,
                processes=processes(settings.device),
                progress=listener.on_copy,
            )
            if recipe.copies
            else staff.teach(data)
        )
    run, log = run_to_end(ExpressionTask(recipe, data, settings.bfloat16), folder, settings, listener, facts)
    if log is None:
        return None
    path = folder / f"{recipe.architecture}.onnx"
    network = run.best_network()
    made = _made(recipe, recipe_name, network, settings.begin_with, teachers)
    graph = expression_to_onnx(network, mirrored=recipe.mirrored)
    contract = export_classifier(graph, made, path, splits)
    log.write_test([asdict(accuracy) for accuracy in contract.accuracies])
    return path, contract


def _made(recipe: Recipe, name: str, network: nn.Module, begun_with: Path | None, teachers: Sequence[str]) -> Made:
    begun = ""
    if begun_with:  # a run's folder tells more than "checkpoint"
        begun = _BEGUN.format(begun_with.parent.name if begun_with.suffix == ".pt" else begun_with.stem)
    told = _TAUGHT.format(recipe.taught, ", ".join(Path(teacher).stem for teacher in teachers)) if teachers else ""
    return Made(
        name=recipe.architecture,
        method=f"Architecture `{recipe.architecture}`, recipe `{name}`{begun}",
        targets=_TARGETS[recipe.targets] + told,
        parameters=parameter_counts(network)[1],
        views="the mean over a crop and its mirror image" if recipe.mirrored else SINGLE_VIEW,
        rare=recipe.rare,
    )
