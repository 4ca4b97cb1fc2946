"""`mien train expression` as a process that is killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import onnx
import pytest
import torch

COMMAND = [
    sys.executable,
    "-m",
    "mien.cli.main",
    "train",
    "expression",
    "--architecture",
    "seed",
    "--epochs",
    "4",
    "--threads",
    "1",
]


def train(data: Path, run: Path, *more: str) -> "subprocess.Popen[str]":
    command = [*COMMAND, "--data", str(data), "--run", str(run), *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "200"}
    )


def weights(run: Path) -> dict[str, torch.Tensor]:
    saved: dict[str, torch.Tensor] = torch.load(run / "checkpoint.pt", weights_only=True)["states"]["network"]
    return saved


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_ends_as_if_it_had_not_been(small_ferplus: Path, tmp_path: Path, kind: signal.Signals) -> None:
    whole = train(small_ferplus, tmp_path / "whole")
    rng = random.Random(0)  # noqa: S311
    for _ in range(3):
        killed = train(small_ferplus, tmp_path / "parts", "--save-every", "0")
        deadline = time.monotonic() + 60
        while not (tmp_path / "parts" / "checkpoint.pt").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(rng.uniform(0, 2))
        killed.send_signal(kind)
        killed.communicate()
        if killed.returncode == 0:
            break
        assert killed.returncode in (-signal.SIGKILL, 130, -signal.SIGINT)
    last = train(small_ferplus, tmp_path / "parts", "--save-every", "0")
    for process in (whole, last):
        out, err = process.communicate()
        assert process.returncode == 0, err
        assert "711,784 parameters" in out
    expected, got = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(torch.equal(expected[name], got[name]) for name in expected)
    models = [onnx.load(tmp_path / name / "seed.onnx") for name in ("whole", "parts")]
    assert models[0].graph == models[1].graph


def by_two(*arguments: str) -> subprocess.CompletedProcess[str]:
    two = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", "-m", "--"]
    environment = os.environ | {"COLUMNS": "200", "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    return subprocess.run([*two, *arguments], capture_output=True, text=True, check=False, env=environment)


def test_two_processes_train_one_network(small_ferplus: Path, tmp_path: Path) -> None:
    done = by_two(*COMMAND[2:], "--data", str(small_ferplus), "--run", str(tmp_path / "two"), "--epochs", "8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("711,784 parameters") == 1
    out, err = train(small_ferplus, tmp_path / "one", "--epochs", "8").communicate()
    assert "711,784 parameters" in out, err
    logs = [json.loads((tmp_path / name / "log.json").read_text()) for name in ("two", "one")]
    assert [log["processes"] for log in logs] == [2, 1]
    assert [len(log["epochs"]) for log in logs] == [8, 8]
    # Half of each batch makes other running statistics, so the weights differ; what is learned does not.
    assert abs(logs[0]["best_valid_score"] - logs[1]["best_valid_score"]) <= 2 / 16
    assert logs[0]["epochs"][-1]["train_loss"] == pytest.approx(logs[1]["epochs"][-1]["train_loss"], rel=0.3)


def test_a_taught_run_names_its_teachers(small_ferplus: Path, tmp_path: Path) -> None:
    taught = ["--recipe", "mien-taught", "--teacher", "mien-tiny", "--teacher", "seed", "--epochs", "1"]
    command = [sys.executable, "-m", "mien.cli.main", "train", "expression", "--data", str(small_ferplus), *taught]
    done = subprocess.run([*command, "--run", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "log.json").read_text())["teachers"]
    assert [teacher["name"] for teacher in told] == ["mien-tiny", "seed"]
    assert all(len(teacher["sha256"]) == 64 for teacher in told)
    assert "mien-tiny, seed" in (tmp_path / "mien.md").read_text()


def test_two_processes_share_what_teachers_are_shown(small_ferplus: Path, tmp_path: Path) -> None:
    shown = ["--recipe", "mien-tiny-shown", "--teacher", "seed", "--begin-with", "mien-tiny", "--epochs", "1"]
    command = ["mien.cli.main", "train", "expression", "--data", str(small_ferplus), "--run", str(tmp_path), *shown]
    done = by_two(*command)
    assert done.returncode == 0, done.stderr
    assert "168,392 parameters" in done.stdout
    files = sorted((tmp_path / "copies").iterdir())
    assert len(files) == 2 * 6, "pictures, and what the teacher said of them"
    assert len({file.read_bytes() for file in files}) == 2 * 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipe", "sede"], "there are: seed (architecture seed)"),
        (["--recipe", "mien", "--architecture", "seed"], "expected a --recipe, or an --architecture"),
        ([], "expected a --recipe"),
        (["--recipe", "seed", "--device", "tpu"], "expected the device cpu"),
        (["--recipe", "mien-taught"], "the recipe mien-taught wants a --teacher or more"),
        (["--recipe", "seed", "--teacher", "mien"], "the recipe seed wants no --teacher"),
    ],
)
def test_wrong_use_is_told(small_ferplus: Path, options: list[str], message: str) -> None:
    command = [sys.executable, "-m", "mien.cli.main", "train", "expression", "--data", str(small_ferplus), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
