"""`mien compare`, `mien export` and `mien train eigenfaces` as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import arff

from mien.faces.expressions import EXPRESSIONS


def mien(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mien.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def jaffe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people with three expressions each, twice, 48x48: crops already."""
    root = tmp_path_factory.mktemp("jaffe")
    rng = np.random.default_rng(0)
    for person in ("KA", "YM", "NA"):
        for code, row in (("HA", 4), ("SA", 20), ("NE", 36)):
            for number in (1, 2):
                pixels = rng.normal(110, 15, (48, 48))
                pixels[row : row + 8] += 70
                name = f"{person}.{code}{number}.{number}.tiff"
                Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(root / name)
    return root


def test_people_are_left_out_and_the_report_is_written(jaffe: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("compare", "--data", jaffe, "--dataset", "jaffe", "--methods", "seed,eigenface-tree", "--out", out)
    done = mien(*command, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["n"] == 18
    assert "leaving one of 3 people out" in told["rule"]
    assert set(told["methods"]) == {"seed", "eigenface-tree"}
    assert json.loads((out / "comparison.json").read_text(encoding="utf-8")) == told
    assert "Methods compared" in (out / "report.html").read_text(encoding="utf-8")
    assert len(list(out.glob("eigenface-tree-*.onnx"))) == 3
    table = mien(*command)
    assert "McNemar" in table.stdout


def test_five_expressions_of_a_miniature_ferplus(small_ferplus: Path, tmp_path: Path) -> None:
    command = (
        "compare",
        "--data",
        small_ferplus,
        "--expressions",
        "five",
        "--methods",
        "seed,eigenface-tree",
        "--out",
        tmp_path,
    )
    done = mien(*command, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["expressions"] == ["neutral", "happiness", "sadness", "anger", "disgust"]
    assert "confined" in told["methods"]["seed"]["how"]
    assert told["n"] == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dataset", "x"), "no data set is called 'x'; there are: ferplus, fer2013, jaffe"),
        (("--expressions", "joy,x"), "--expressions: expected five, eight, or two or more of neutral"),
        (("--protocol", "x"), "no protocol is called 'x'"),
        (("--methods", ","), "--methods: expected at least one"),
        (("--methods", "x"), "x: neither a shipped network"),
    ],
)
def test_wrong_use_is_told(small_ferplus: Path, tmp_path: Path, options: tuple[str, str], message: str) -> None:
    done = mien("compare", "--data", small_ferplus, "--out", tmp_path, *options)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


@pytest.mark.parametrize(("features", "count"), [("eigenfaces", 5), ("pixels", 2304)])
def test_weka_gets_what_was_exported(jaffe: Path, tmp_path: Path, features: str, count: int) -> None:
    file = tmp_path / "out.arff"
    options = ("--arff", file, "--features", features, "--components", "5")
    done = mien("export", "--data", jaffe, "--dataset", "jaffe", *options)
    assert done.returncode == 0, done.stderr
    rows, meta = arff.loadarff(file)
    assert len(rows) == 18
    assert len(meta.names()) == count + 1
    assert meta["expression"] == ("nominal", EXPRESSIONS)
    assert sorted({row["expression"].decode() for row in rows}) == ["happiness", "neutral", "sadness"]


def test_a_classical_reader_is_trained_and_used(small_ferplus: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    options = ("--method", "eigenface-perceptron", "--components", "10", "--epochs", "2", "--run", run)
    done = mien("train", "eigenfaces", "--data", small_ferplus, *options)
    assert done.returncode == 0, done.stderr
    assert "right on test" in done.stdout
    told = mien("evaluate", "expression", "--data", small_ferplus, "--model", run / "eigenface-perceptron.onnx", "--json")
    assert json.loads(told.stdout)["n"] == 16
    wrong = mien("train", "eigenfaces", "--data", small_ferplus, "--method", "x")
    assert (wrong.returncode, "no method is called 'x'" in wrong.stderr) == (2, True)
