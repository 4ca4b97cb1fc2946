"""Several processes: what they leave behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STEP = """
import atexit, os
atexit.register(lambda: print(os.environ["RANK"], "threads", len(os.listdir("/proc/self/task"))))
import torch
from mien.training.processes import processes
together = processes("cpu")
layer = torch.nn.Linear(2, 2)
layer(torch.ones(1, 2)).sum().backward()
torch.optim.SGD(layer.parameters()).step()
assert together.any(together.rank == 1)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads as Linux tells them")
def test_the_interpreter_ends_without_the_threads_of_the_group(tmp_path: Path) -> None:
    script = tmp_path / "step.py"
    script.write_text(STEP)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", str(script)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["0 threads 1", "1 threads 1"]
