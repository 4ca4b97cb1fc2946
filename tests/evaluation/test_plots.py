import sys
from pathlib import Path

import numpy as np
import pytest

from mien import pictures
from mien.datasets.split import Split
from mien.errors import ConfigError
from mien.evaluation import plots
from mien.evaluation.expression import ExpressionEvaluation, evaluate_expression
from mien.evaluation.protocols import PROTOCOLS
from mien.faces.classifier import Readings
from mien.figures import new_figure


@pytest.fixture
def evaluation() -> ExpressionEvaluation:
    rng = np.random.default_rng(0)
    votes = rng.multinomial(10, np.full(10, 0.1), 300).astype(np.uint8)
    split = Split(np.zeros((300, 48, 48), np.uint8), votes, np.arange(300))
    readings = Readings(rng.dirichlet(np.ones(8), 300), rng.dirichlet(np.ones(8), 300), np.zeros(8), 0.5)
    return evaluate_expression(readings, split, PROTOCOLS["ferplus-8"])


def test_the_pictures_are_drawn(evaluation: ExpressionEvaluation, tmp_path: Path) -> None:
    plots.plot_confusion(evaluation, "a network", tmp_path / "c.png")
    plots.plot_reliability(evaluation, "a network", tmp_path / "r.png")
    plots.plot_labels({"train": np.arange(8), "test": np.array([0, 0, 3])}, "labels", tmp_path / "l.png")
    for name in ("c", "r", "l"):
        picture = pictures.load(tmp_path / f"{name}.png")
        assert min(picture.shape[:2]) > 300
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match=r"pip install 'mien\[plot\]'"):
        new_figure(1, 1)
