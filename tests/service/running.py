"""A real `mien serve` for tests."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from mien.models.catalog import FACE_DETECTOR

COMMAND = [sys.executable, "-m", "mien.cli.main", "serve"]


class Service:
    """A running `mien serve`: its address, its process, the folder that it runs in."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [
            sys.executable,
            "-m",
            "mien.cli.main",
            "serve",
            "--port",
            str(self.port),
            "--detector",
            FACE_DETECTOR,
            *options,
        ]
        folder.mkdir(exist_ok=True)
        self.folder, self.log = folder, folder.with_suffix(".log")
        told = os.environ | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"} | environment
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=told, stdout=log, stderr=log)
        self.client = httpx.Client(base_url=self.url, timeout=60)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if self.client.get("/readyz").status_code == 200:
                    return
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(40) in (0, -signal.SIGTERM)
        assert "Traceback" not in self.log.read_text()
        assert list(self.folder.iterdir()) == []
