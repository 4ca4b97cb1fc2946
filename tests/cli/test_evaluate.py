"""`mien evaluate expression` as a process, on a miniature and on the real test split."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mien.models.catalog import DEFAULT_MODEL
from mien.models.contract import Contract
from mien.models.session import open_session

COMMAND = [sys.executable, "-m", "mien.cli.main", "evaluate", "expression"]


def evaluate(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_figures_and_pictures_of_a_miniature(small_ferplus: Path, tmp_path: Path) -> None:
    done = evaluate("--data", small_ferplus, "--pictures", tmp_path, "--split", "valid")
    assert done.returncode == 0, done.stderr
    assert "macro recall" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}-ferplus-8.png" for name in ("confusion", "reliability", "risk-coverage", "labels")
    }


@pytest.mark.parametrize(
    ("option", "message"), [("--protocol", "there are: ferplus-8"), ("--split", "there are: train, valid, test")]
)
def test_wrong_use_is_told(small_ferplus: Path, option: str, message: str) -> None:
    done = evaluate("--data", small_ferplus, option, "x")
    assert done.returncode == 2
    assert message in done.stderr


def test_missing_data_are_told(tmp_path: Path) -> None:
    done = evaluate("--data", tmp_path)
    assert done.returncode == 2
    assert "found neither" in done.stderr


@pytest.mark.parametrize("protocol", ["ferplus-8", "ferplus-majority", "ferplus-seed"])
def test_the_shipped_accuracy_is_true(real_ferplus: Path, protocol: str) -> None:
    done = evaluate("--data", real_ferplus, "--protocol", protocol, "--json")
    told = json.loads(done.stdout)
    (stated,) = [a for a in open_session(DEFAULT_MODEL, Contract)[1].accuracies if a.protocol == protocol]
    assert told["n"] == stated.n
    assert told["accuracy"] == pytest.approx(stated.accuracy, abs=1 / stated.n)
