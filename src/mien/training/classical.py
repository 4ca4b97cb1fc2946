"""From FER+ to a finished eigenface reader in one call."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from mien.datasets import ferplus
from mien.datasets.split import Progress
from mien.errors import ConfigError
from mien.models.contract import Contract
from mien.nn import History
from mien.training.eigenface_export import eigenface_to_onnx
from mien.training.eigenface_perceptron import EigenfacePerceptron, PerceptronRecipe
from mien.training.eigenface_tree import EigenfaceTree, TreeRecipe
from mien.training.examples import Examples
from mien.training.export import Made, export_classifier

Recipe = PerceptronRecipe | TreeRecipe
METHODS: Final[dict[str, Recipe]] = {"eigenface-perceptron": PerceptronRecipe(), "eigenface-tree": TreeRecipe()}


def recipe_for(method: str, **settings: Any) -> Recipe:
    """The method's recipe with those settings that are not None.

    Raises:
        ConfigError: no such method, or it has no such setting.
    """
    if method not in METHODS:
        raise ConfigError(f"no method is called {method!r}; there are: {', '.join(METHODS)}")
    given = {name: value for name, value in settings.items() if value is not None}
    unknown = [name for name in given if not hasattr(METHODS[method], name)]
    if unknown:
        raise ConfigError(f"{method} has no {', '.join(unknown)}")
    return replace(METHODS[method], **given)


def fit_reader(
    recipe: Recipe,
    train: Examples,
    valid: Examples | None,
    *,
    seed: int,
    on_epoch: Callable[[History], None] | None = None,
) -> EigenfacePerceptron | EigenfaceTree:
    """Trains the method that the recipe is of; with ``valid`` its best epoch, or its best pruning, is kept."""
    if isinstance(recipe, TreeRecipe):
        return EigenfaceTree.fit(train, recipe, seed=seed, validation=valid)
    return EigenfacePerceptron.fit(train, recipe, seed=seed, validation=valid, on_epoch=on_epoch)


def train_eigenfaces(
    directory: Path,
    recipe: Recipe,
    name: str,
    folder: Path,
    *,
    seed: int,
    on_read: Progress | None = None,
    on_epoch: Callable[[History], None] | None = None,
) -> tuple[Path, Contract]:
    """Trains on FER+ under ``directory``; returns the ONNX file in ``folder`` and its contract, its card beside it.

    Raises:
        DatasetError: the data is not laid out as FER+ is.
    """
    splits = {split: ferplus.load(directory, split, progress=on_read) for split in ferplus.FOLDERS}
    train = Examples.voted(splits["train"], held_out=np.concatenate([splits["valid"].crops, splits["test"].crops]))
    reader = fit_reader(recipe, train, Examples.voted(splits["valid"]), seed=seed, on_epoch=on_epoch)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    made = Made(
        name=name,
        method=reader.method,
        targets=reader.goal,
        parameters=reader.parameters,
        equalize=recipe.preparation == "equalize",
    )
    return path, export_classifier(eigenface_to_onnx(reader), made, path, splits)
