"""The generated page says what the engine says now, and its Python runs."""

import re
import runpy
from pathlib import Path

import pytest

from mien.models.catalog import CATALOG, DEFAULT_MODEL
from mien.models.contract import Contract
from mien.models.session import open_session
from mien.training.recipes import RECIPES

DOCS = Path(__file__).parent.parent / "docs"


def test_the_page_on_back_propagation_is_up_to_date() -> None:
    built = runpy.run_path(str(DOCS / "build_backpropagation.py"))["page"]()
    # The check of the gradients ends in rounding, which differs between processors.
    rounding = re.compile(r"difference is \S+\.")
    assert rounding.sub("", built) == rounding.sub("", (DOCS / "backpropagation.md").read_text(encoding="utf-8"))


def test_the_readme_states_the_accuracy_of_the_default_network() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    contract = open_session(DEFAULT_MODEL, Contract)[1]
    for a in contract.accuracies[:2]:
        assert f"{100 * a.accuracy:.1f} % on `{a.protocol}` (95 % interval {100 * a.low:.1f} to {100 * a.high:.1f}" in readme
    assert f"{contract.parameters:,} parameters" in readme


def test_the_readme_names_recipes_and_models_that_are_there() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    recipes, models = (re.findall(rf"--{option} ([\w-]+)", readme) for option in ("recipe", "(?:teacher|begin-with)"))
    assert len(recipes) > 3 < len(models)
    assert set(recipes) <= RECIPES.keys()
    assert set(models) <= CATALOG.keys()


def test_the_python_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    code = re.findall(r"```python\n(.*?)```", (DOCS / "backpropagation.md").read_text(encoding="utf-8"), re.DOTALL)[-1]
    exec(compile(code, "backpropagation.md", "exec"), {})  # noqa: S102
    numbers = [float(n) for n in re.findall(r"\d\.\d*", capsys.readouterr().out)]
    assert [round(n) for n in numbers] == [0, 1, 1, 0]
