"""Eigenfaces read by a decision tree, as the thesis did with C4.5: entropy, pruned on validation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from mien.faces.expressions import EXPRESSIONS
from mien.models.contract import Preparation
from mien.training.eigenfaces import EYES, MOUTH, WHOLE, Eigenfaces, Floats, Region
from mien.training.examples import Examples

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier

# Costs of complexity tried (minimal cost-complexity pruning, Breiman et al. 1984).
_PRUNINGS: Final = (4e-4, 5e-4, 7e-4)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRecipe:
    """How eigenfaces and tree are trained.

    components: of the whole face, as for the perceptron; None for those of mouth and eyes, which a tree reads better.
    leaf: fewest faces in a leaf.
    """

    components: float | None = None
    preparation: Preparation = "standardize"
    leaf: int = 30

    def parts(self) -> list[tuple[Region, float]]:
        """The regions and how many components of each."""
        return [(MOUTH, 25), (EYES, 15)] if self.components is None else [(WHOLE, self.components)]


@dataclass(frozen=True, slots=True)
class EigenfaceTree:
    """Crops -> distributions: the shares of the expressions in a leaf of a tree over principal components."""

    eigenfaces: Eigenfaces
    tree: "DecisionTreeClassifier"

    @classmethod
    def fit(
        cls,
        examples: Examples,
        recipe: TreeRecipe,
        *,
        seed: int,
        validation: Examples | None = None,
    ) -> Self:
        """From the examples and their mirror images; with ``validation`` the pruning that it likes best."""
        from sklearn.tree import DecisionTreeClassifier

        crops, mirrored = examples.crops, np.ascontiguousarray(examples.crops[:, :, ::-1])
        # Components of faces and mirrored faces are even or odd; a tree can leave the odd ones aside.
        alternating = np.where((np.arange(len(crops)) % 2 == 0)[:, None, None], crops, mirrored)
        eigenfaces = Eigenfaces.fit(alternating, recipe.parts(), recipe.preparation)
        rows = np.concatenate([eigenfaces.project(crops), eigenfaces.project(mirrored)])
        targets = np.tile(examples.labels, 2)

        def grown(pruning: float) -> "DecisionTreeClassifier":
            leaf = 2 * recipe.leaf  # a face and its mirror image are one face
            tree = DecisionTreeClassifier(criterion="entropy", min_samples_leaf=leaf, ccp_alpha=pruning, random_state=seed)
            return tree.fit(rows, targets)

        if validation is None:
            return cls(eigenfaces, grown(_PRUNINGS[-1]))
        held, labels = eigenfaces.project(validation.crops), validation.labels
        trees = [grown(pruning) for pruning in _PRUNINGS]
        return cls(eigenfaces, max(trees, key=lambda tree: tree.score(held, labels)))

    @property
    def method(self) -> str:
        """How it reads, in a few words."""
        return (
            f"Eigenfaces ({len(self.eigenfaces.variance)} components) and a decision tree of {self.tree.get_n_leaves()} leaves"
        )

    @property
    def goal(self) -> str:
        """What it was trained towards."""
        return "the expression with the most votes"

    @property
    def parameters(self) -> int:
        """All numbers of eigenfaces and tree: a feature and a threshold a node, the shares of a leaf."""
        tree = self.tree
        return int(self.eigenfaces.parameters + 2 * tree.tree_.node_count + len(tree.classes_) * tree.get_n_leaves())

    def outputs(self, crops: NDArray[np.uint8]) -> Floats:
        """Shares of the expressions in the leaf of each crop: (n, 8), summing to 1."""
        shares = np.zeros((len(crops), len(EXPRESSIONS)), np.float32)
        shares[:, self.tree.classes_] = self.tree.predict_proba(self.eigenfaces.project(crops))
        return shares
