"""Eigenface readers learn, are what scikit-learn and the engine say, and travel as ONNX under the contract."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from sklearn.neural_network import MLPClassifier

from mien.errors import ConfigError
from mien.faces.classifier import Classifier
from mien.faces.expressions import EXPRESSIONS
from mien.training.classical import METHODS, fit_reader, recipe_for, train_eigenfaces
from mien.training.eigenface_export import eigenface_to_onnx, eigenfaces_of, tree_of
from mien.training.eigenface_perceptron import EigenfacePerceptron, PerceptronRecipe, thesis_rule
from mien.training.eigenface_tree import EigenfaceTree, TreeRecipe
from mien.training.examples import Examples
from mien.training.export import draft_contract
from mien.training.model_file import write_model

PERCEPTRON = PerceptronRecipe(components=20, hidden=40, dropout=0.1, epochs=15, batch_size=32, copies=2)
RECIPES = {
    "soft-max": PERCEPTRON,
    "sigmoid": replace(PERCEPTRON, output="sigmoid", epochs=30),
    "equalised": replace(PERCEPTRON, preparation="equalize"),
    "tree": TreeRecipe(components=20, leaf=5),
}


def examples(n: int, seed: int) -> Examples:
    """Three "expressions" that bright stripes at three heights tell apart, under noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    crops = rng.normal(110, 30, (n, 48, 48))
    for crop, label in zip(crops, labels, strict=True):
        crop[6 + 14 * label : 14 + 14 * label] += 40
    return Examples(np.clip(crops, 0, 255).astype(np.uint8), np.eye(8)[labels])


TRAIN, VALID, TEST = examples(400, 0), examples(100, 1), examples(200, 2)


@pytest.fixture(scope="module")
def readers() -> dict[str, EigenfacePerceptron | EigenfaceTree]:
    return {name: fit_reader(recipe, TRAIN, VALID, seed=0) for name, recipe in RECIPES.items()}


@pytest.mark.parametrize("name", RECIPES)
def test_every_reader_learns_and_its_graph_says_the_same(
    name: str, readers: dict[str, EigenfacePerceptron | EigenfaceTree], tmp_path: Path
) -> None:
    reader, recipe = readers[name], RECIPES[name]
    outputs = reader.outputs(TEST.crops)
    assert (outputs.argmax(axis=1) == TEST.labels).mean() > 0.9
    equalize = recipe.preparation == "equalize"
    contract = draft_contract("n", "stripes", parameters=reader.parameters, equalize=equalize)
    write_model(eigenface_to_onnx(reader), contract, tmp_path / "n.onnx")
    distributions = Classifier(tmp_path / "n.onnx").classify(TEST.crops)
    floored = np.maximum(outputs, 1e-3) if name == "tree" else outputs
    np.testing.assert_allclose(distributions, floored / floored.sum(axis=1, keepdims=True), atol=2e-4)
    read = eigenfaces_of(onnx.load(tmp_path / "n.onnx"), TRAIN.crops, equalize=equalize)
    np.testing.assert_allclose(read.components, reader.eigenfaces.components, atol=1e-5)
    np.testing.assert_allclose(read.variance, reader.eigenfaces.variance, rtol=1e-4)
    assert read.preparation == recipe.preparation


def test_the_tree_comes_back_from_its_graph(readers: dict[str, EigenfacePerceptron | EigenfaceTree]) -> None:
    reader = readers["tree"]
    assert isinstance(reader, EigenfaceTree)
    tree = tree_of(eigenface_to_onnx(reader))
    np.testing.assert_array_equal(tree.left, reader.tree.tree_.children_left)
    inner = tree.feature >= 0
    np.testing.assert_array_equal(tree.feature[inner], reader.tree.tree_.feature[inner])
    np.testing.assert_allclose(tree.threshold[inner], reader.tree.tree_.threshold[inner], rtol=1e-6)
    np.testing.assert_allclose(tree.shares[~inner].sum(axis=1), 1, atol=1e-6)


def test_the_perceptron_is_no_worse_than_scikit_learns_on_the_same_features(
    readers: dict[str, EigenfacePerceptron | EigenfaceTree],
) -> None:
    reader = readers["soft-max"]
    train, test = (reader.eigenfaces.project(part.crops) for part in (TRAIN, TEST))
    theirs = MLPClassifier((40,), "logistic", max_iter=3000, random_state=0).fit(train, TRAIN.labels)
    ours = (reader.outputs(TEST.crops).argmax(axis=1) == TEST.labels).mean()
    assert ours >= theirs.score(test, TEST.labels) - 0.01


def test_the_same_seed_gives_the_same_reader() -> None:
    recipe = replace(PERCEPTRON, epochs=2)
    one, two = (fit_reader(recipe, TRAIN, None, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.outputs(TEST.crops), two.outputs(TEST.crops))


def test_the_thesis_rule_wants_one_yes_and_all_others_no() -> None:
    outputs = np.array([[0.95, 0.05, 0.0], [0.95, 0.2, 0.0], [0.89, 0.0, 0.0], [0.95, 0.95, 0.0]], np.float32)
    assert thesis_rule(outputs).tolist() == [0, -1, -1, -1]


def test_settings_go_into_the_recipe_or_are_refused() -> None:
    assert recipe_for("eigenface-tree", components=12.0, output=None) == TreeRecipe(components=12.0)
    with pytest.raises(ConfigError, match="no method is called 'svm'; there are: eigenface-perceptron"):
        recipe_for("svm")
    with pytest.raises(ConfigError, match="eigenface-tree has no epochs"):
        recipe_for("eigenface-tree", epochs=3)


@pytest.mark.parametrize("name", METHODS)
def test_a_trained_reader_has_file_and_card(name: str, small_ferplus: Path, tmp_path: Path) -> None:
    recipe = RECIPES["tree"] if name == "eigenface-tree" else RECIPES["soft-max"]
    path, contract = train_eigenfaces(small_ferplus, recipe, name, tmp_path, seed=0)
    assert path == tmp_path / f"{name}.onnx"
    assert Classifier(path).contract == contract
    assert contract.labels == EXPRESSIONS
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}\n")
    assert f"{contract.parameters:,} parameters" in card
