"""Eigenfaces read by a multilayer perceptron on ``mien.nn``, as the thesis has it, and better."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.faces.expressions import EXPRESSIONS
from mien.models.contract import Preparation
from mien.nn import (
    Adam,
    CategoricalCrossEntropy,
    Dense,
    Dropout,
    History,
    Layer,
    Network,
    Sigmoid,
    Softmax,
    SumSquaredErrors,
    cosine,
    fit,
)
from mien.training.eigenfaces import WHOLE, Eigenfaces, Floats
from mien.training.examples import Examples

# The thesis: an output above 0.9 counts as 1, one below 0.1 as 0.
_YES: Final = 0.9
_NO: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PerceptronRecipe:
    """How eigenfaces and perceptron are trained.

    components: how many if 1 or more, else the share of the variance that they explain.
    output: ``softmax`` with cross-entropy, or ``sigmoid`` with squared error as in the thesis.
    copies: how often each face is seen in an epoch, mirrored half of the time and moved a little.
    rotation (degrees), shift (pixels), zoom (relative): how far, either way.
    """

    components: float = 200
    preparation: Preparation = "standardize"
    output: Literal["softmax", "sigmoid"] = "softmax"
    hidden: int = 1000
    dropout: float = 0.5
    learning_rate: float = 6e-3
    weight_decay: float = 1e-3
    epochs: int = 30
    batch_size: int = 256
    copies: int = 4
    rotation: float = 6.0
    shift: float = 1.5
    zoom: float = 0.05


@dataclass(frozen=True, slots=True)
class EigenfacePerceptron:
    """Crops -> distributions: principal components, one hidden layer of sigmoid units, one output an expression."""

    eigenfaces: Eigenfaces
    network: Network

    @classmethod
    def fit(
        cls,
        examples: Examples,
        recipe: PerceptronRecipe,
        *,
        seed: int,
        validation: Examples | None = None,
        on_epoch: Callable[[History], None] | None = None,
    ) -> Self:
        """From the examples, moved a little; with ``validation`` the epoch that it likes best is kept."""
        rng = np.random.default_rng(seed)
        crops = examples.crops
        eigenfaces = Eigenfaces.fit(crops, [(WHOLE, recipe.components)], recipe.preparation)
        rows = np.concatenate([eigenfaces.project(_moved(crops, recipe, rng)) for _ in range(recipe.copies)])
        softmax = recipe.output == "softmax"
        layers: list[Layer] = [Dense(recipe.hidden), Sigmoid(), Dropout(recipe.dropout), Dense(len(EXPRESSIONS))]
        network = Network(rows.shape[1], [*layers, Softmax() if softmax else Sigmoid()], rng=rng)
        steps = recipe.epochs * -(-len(rows) // recipe.batch_size)
        fit(
            network,
            rows,
            np.tile(examples.targets, (recipe.copies, 1)),
            loss=CategoricalCrossEntropy() if softmax else SumSquaredErrors(),
            optimizer=Adam(cosine(recipe.learning_rate, steps=steps), weight_decay=recipe.weight_decay, decoupled=True),
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            rng=rng,
            validation=(eigenfaces.project(validation.crops), validation.targets) if validation else None,
            on_epoch=on_epoch,
        )
        return cls(eigenfaces, network)

    @property
    def method(self) -> str:
        """How it reads, in a few words."""
        hidden = self.network.layers[0].outputs
        return f"Eigenfaces ({len(self.eigenfaces.variance)} components) and a perceptron of {hidden} hidden sigmoid units"

    @property
    def goal(self) -> str:
        """What it was trained towards."""
        return "the distribution of the expression votes"

    @property
    def parameters(self) -> int:
        """All numbers of eigenfaces and network."""
        return self.eigenfaces.parameters + self.network.weights.size

    def outputs(self, crops: NDArray[np.uint8]) -> Floats:
        """What the output units say (n, 8), 0..1; they sum to 1 under soft-max only."""
        return self.network.predict(self.eigenfaces.project(crops))


def thesis_rule(outputs: Floats) -> NDArray[np.int64]:
    """(n,): the expression whose output alone is above 0.9 while all others are below 0.1, or -1: undecided."""
    best = outputs.argmax(axis=1)
    decided = (outputs.max(axis=1) > _YES) & ((outputs < _NO).sum(axis=1) == outputs.shape[1] - 1)
    return np.where(decided, best, -1)


def _moved(crops: NDArray[np.uint8], recipe: PerceptronRecipe, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Each crop turned, shifted and zoomed a little, half of them mirrored."""
    side = crops.shape[1]
    middle = (side - 1) / 2
    moved = np.empty_like(crops)
    for crop, out in zip(crops, moved, strict=True):
        angle = rng.uniform(-recipe.rotation, recipe.rotation)
        matrix = cv2.getRotationMatrix2D((middle, middle), angle, 1 + rng.uniform(-recipe.zoom, recipe.zoom))
        matrix[:, 2] = matrix[:, 2] + rng.uniform(-recipe.shift, recipe.shift, 2)
        seen = crop[:, ::-1] if rng.random() < 0.5 else crop
        out[:] = cv2.warpAffine(seen, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    return moved
