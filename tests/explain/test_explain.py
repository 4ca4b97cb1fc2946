"""What is told of a step: in words, in LaTeX, and by the page, whose own arithmetic must be the engine's."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mien import pictures
from mien.errors import ConfigError
from mien.explain import html, latex, plots
from mien.explain.example import NOTES, Example, make_example, seed_example
from mien.explain.steps import steps
from mien.nn import LOSSES, OPTIMIZERS

CASES = [
    (activation, loss, optimizer)
    for activation in ("sigmoid", "bipolar", "tanh", "relu")
    for loss in LOSSES
    for optimizer in (OPTIMIZERS if activation == "tanh" else ("sgd",))
]


def example(activation: str, loss: str, optimizer: str) -> Example:
    return make_example([3, 4, 2], activation=activation, loss=loss, optimizer=optimizer, rate=0.2, x=None, y=[1, 0], seed=2)


def test_the_seeds_numbers_are_used_and_its_mistakes_named() -> None:
    trace = seed_example().trace
    assert trace.x[0] == 0.2
    assert trace.layers[0].W[0, 0] == 0.14
    assert trace.layers[1].W.ravel().tolist() == [0.6, -0.5]
    assert pytest.approx(0.01005, abs=5e-6) == -3.98 * 0.6 * 0.1875 * -0.5 * 0.2244 * 0.2
    assert len(NOTES) == 7
    assert trace.new_loss < trace.loss


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_printed_computation_is_true(case: tuple[str, str, str]) -> None:
    """Each "= products = value" of forward and backward is evaluated anew from its own printed numbers."""
    checked = 0
    for step in steps(example(*case)):
        for line in step.lines:
            parts = [part.strip() for part in line.plain.split("=")]
            if len(parts) == 3 and re.fullmatch(r"[-+·().e\d ]+", parts[1]):
                value = eval(parts[1].replace("·", "*"))  # noqa: S307  digits and operators only
                assert float(parts[2]) == pytest.approx(value, abs=6e-4), line.plain
                checked += 1
    assert checked >= 14


def test_latex_is_balanced_and_numbers_the_same_steps() -> None:
    text = latex.render(seed_example())
    assert text.count("{") == text.count("}")
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert text.count(r"\subsection*") == len(steps(seed_example())) + 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(tmp_path: Path) -> None:
    (tmp_path / "step.tex").write_text(latex.render(seed_example()))
    subprocess.run(["pdflatex", "-halt-on-error", "step.tex"], cwd=tmp_path, check=True, capture_output=True)


def test_the_page_asks_for_nothing() -> None:
    page = html.render(seed_example())
    assert not re.search(r"(src|href)=|https?://|@import|url\(", page)
    assert "default-src 'none'" in page


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_pages_arithmetic_is_the_engines(case: tuple[str, str, str], tmp_path: Path) -> None:
    told = example(*case)
    engine = re.search(r'<script id="engine">(.*?)</script>', html.render(told), re.DOTALL)[1]
    script = f"{engine}\nconsole.log(JSON.stringify(compute({json.dumps(html.page_data(told))}, {told.trace.rate})))"
    (tmp_path / "engine.js").write_text(script)
    done = subprocess.run(["node", tmp_path / "engine.js"], capture_output=True, text=True, check=True)
    page = json.loads(done.stdout)
    assert page["loss"] == pytest.approx(told.trace.loss, rel=1e-9)
    assert page["newLoss"] == pytest.approx(told.trace.new_loss, rel=1e-6)
    for layer, passed, updated in zip(told.trace.layers, page["passed"], page["updated"], strict=True):
        np.testing.assert_allclose(passed["delta"], layer.delta, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(updated["W"], layer.new_W, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(updated["b"], layer.new_b, rtol=1e-6, atol=1e-9)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_the_page_shows_its_first_step_in_a_browser(tmp_path: Path) -> None:
    (tmp_path / "step.html").write_text(html.render(seed_example()))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    command = ["chromium", *flags, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", (tmp_path / "step.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert "1. Forward, layer 1 (Sigmoid)" in dom
    assert "<mn>0.6880</mn>" in dom
    assert len(re.findall(r"<circle[^>]* cx=\"\d", dom)) == 5
    assert "0.0954 → 0.0862" in dom


@pytest.mark.parametrize(
    ("units", "changes", "message"),
    [
        ([2], {}, "two or more layers"),
        ([2, 7, 1], {}, "1 to 6 units"),
        ([2, 0], {}, "1 to 6 units"),
        ([2, 1], {"activation": "softmax"}, "no activation is called 'softmax'"),
        ([2, 1], {"loss": "x"}, "no loss is called 'x'"),
        ([2, 1], {"optimizer": "x"}, "no optimizer is called 'x'"),
        ([2, 1], {"x": [1.0]}, "x: expected rows of 2 numbers"),
        ([2, 1], {"y": [1.0, 2.0]}, "y: expected rows of 1 numbers"),
        ([2, 1], {"x": [float("nan"), 0.0]}, "expected finite numbers"),
    ],
)
def test_wrong_use_is_told(units: list[int], changes: dict[str, object], message: str) -> None:
    settings = {"activation": "tanh", "loss": "squared-error", "optimizer": "sgd", "rate": 0.1, "x": None, "y": None, "seed": 0}
    with pytest.raises(ConfigError, match=message):
        make_example(units, **settings | changes)  # type: ignore[arg-type]


def test_every_optimizer_goes_down_the_valley() -> None:
    for name, rate in plots.RATES.items():
        path = plots.optimizer_path(OPTIMIZERS[name](rate))
        assert plots.valley(*path[-1]) < 0.05 * plots.valley(*path[0])


def test_the_pictures_are_drawn(tmp_path: Path) -> None:
    plots.plot_optimizers(tmp_path / "o.png")
    plots.plot_decisions(tmp_path / "d.png")
    assert all(min(pictures.load(tmp_path / f"{name}.png").shape[:2]) > 300 for name in "od")


def test_the_command(tmp_path: Path) -> None:
    def mien(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "mien.cli.main", "explain", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert "goes wrong" in mien().stdout
    options = "--layers 3,4,2 --activation tanh --loss cross-entropy --optimizer adam --x 1,0,-1 --y 0,1"
    own = mien(*options.split())
    assert own.returncode == 0, own.stderr
    assert "goes wrong" not in own.stdout
    written = mien("--html", "s.html", "--latex", "s.tex", "--layers", "2,2")
    assert written.returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"s.html", "s.tex"}
    assert mien("--optimizers", "--out", "drawn").returncode == 0
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["optimizers.png"]
    wrong_uses = ["--layers a", "--x 1,2", "--layers 2,9", "--rate -1", "--optimizer x", "--layers nan,2", "--layers 2.7,3"]
    wrong_uses += ["--layers 2,1 --seed -1", "--seed 3", "--out x", "--optimizers --html x.html", "--html drawn"]
    wrong_uses += ["--layers 2,2 --loss cross-entropy --y 1,1"]
    for wrong in map(str.split, wrong_uses):
        done = mien(*wrong)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
