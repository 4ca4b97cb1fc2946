"""The service beside the library: one picture, 32 clients for a minute, 2,000 hostile requests.

python benchmarks/service.py [--seconds 60]
"""

import argparse
import collections
import http.client
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

import results
from mien import pictures
from mien.faces.reader import FaceReader
from mutated_files import mutate

DEMO = Path(__file__).parent.parent / "examples" / "astronaut.png"
CLIENTS = 32
HOSTILE = 2000
HEADERS = {"Content-Type": "application/octet-stream"}


def main() -> None:
    """Writes results/service.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    picture = vga()
    results.write(
        "service",
        {
            "one": one(picture),
            "soak": soak(picture, options.seconds),
            "hostile": hostile(),
            "pictures": "640x480, one face, JPEG",
        },
    )


def vga() -> bytes:
    """The demo face in a picture of 640 x 480, as JPEG."""
    canvas = np.full((480, 640, 3), (60, 90, 120), np.uint8)
    canvas[:, 64:576] = pictures.load(DEMO)[:480]
    stream = io.BytesIO()
    Image.fromarray(canvas).save(stream, "JPEG", quality=90)
    return stream.getvalue()


@contextmanager
def service(*options: str, core: int | None = None) -> Iterator[tuple[int, "subprocess.Popen[bytes]", Path, Path]]:
    """A running `mien serve`, on one core if one is named: its port, its process, its folder, its log."""
    with tempfile.TemporaryDirectory() as root, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        folder, log = Path(root) / "inside", Path(root) / "log"
        folder.mkdir()
        command = [sys.executable, "-m", "mien.cli.main", "serve", "--port", str(port), *options]
        pinned = ["taskset", "-c", str(core)] if core is not None else []
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*pinned, *command], cwd=folder, env=os.environ | {"TMPDIR": str(folder)}, stdout=out, stderr=out
            )
            try:
                while not ready(port):
                    time.sleep(0.05)
                yield port, process, folder, log
            finally:
                process.terminate()
                process.wait(40)


def ready(port: int) -> bool:
    """Whether the networks are warm."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def ask(connection: http.client.HTTPConnection, body: bytes, route: str = "/v1/faces") -> tuple[int, bytes, str | None]:
    """Status, body and Retry-After of a posted picture."""
    connection.request("POST", route, body, HEADERS)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheader("Retry-After")


def one(picture: bytes) -> dict[str, float]:
    """A picture over HTTP, one after another, against `look` in this process, in milliseconds.

    Medians of 200; of five such rounds, by turns, the one in the middle: where the two processes meet on a core one is slow.
    """
    reader, rounds = FaceReader(), []
    with service("--threads", "1") as (port, *_):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(5):
            direct = timed(lambda: reader.look(picture), 200)
            over_http = timed(lambda: ask(connection, picture), 200)
            rounds.append({"look_ms": direct, "http_ms": over_http, "ratio": over_http / direct})
    return sorted(rounds, key=lambda told: told["ratio"])[2]


def timed(work: Callable[[], object], times: int) -> float:
    """The median of so many times, in milliseconds, after ten to warm up."""
    seconds = []
    for number in range(times + 10):
        begun = time.perf_counter()
        work()
        if number >= 10:
            seconds.append(time.perf_counter() - begun)
    return 1000 * statistics.median(seconds)


def soak(picture: bytes, seconds: float) -> dict[str, object]:
    """32 clients on one core, each asking again as soon as it is answered; the service on the other."""
    alone = subprocess.run(
        ["taskset", "-c", "0", sys.executable, __file__, "--alone"], input=picture, capture_output=True, check=True
    )
    library = float(alone.stdout)
    os.sched_setaffinity(0, {1})
    statuses: collections.Counter[int] = collections.Counter()
    latencies: list[float] = []
    unruly = 0
    lock = threading.Lock()
    with service("--threads", "1", core=0) as (port, process, _, _):
        end = time.monotonic() + seconds
        memory: list[float] = []

        def client() -> None:
            nonlocal unruly
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            while time.monotonic() < end:
                begun = time.monotonic()
                status, _, retry = ask(connection, picture)
                with lock:
                    statuses[status] += 1
                    unruly += status != 200 and not (status == 503 and retry)
                    if status == 200:
                        latencies.append(time.monotonic() - begun)
                if status == 503:
                    time.sleep(float(retry or 1))

        threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        while time.monotonic() < end:
            memory.append(resident(process.pid))
            time.sleep(seconds / 60)
        for thread in threads:
            thread.join()
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    rate, tenth = statuses[200] / seconds, max(1, len(memory) // 10)
    p99 = statistics.quantiles(latencies, n=100)[98]
    return {
        "clients": CLIENTS,
        "seconds": seconds,
        "statuses": dict(statuses),
        "neither_200_nor_503_with_retry": unruly,
        "answered": statuses[200] / statuses.total(),
        "per_second": rate,
        "library_per_second": library,
        "of_library": rate / library,
        "median_s": statistics.median(latencies),
        "p99_s": p99,
        "p99_of_median": p99 / statistics.median(latencies),
        "memory_growth_mb": max(memory[tenth:]) - min(memory[tenth : 2 * tenth]),
    }


def alone() -> None:
    """Prints how many pictures a second the library reads, the picture from standard input."""
    reader, picture = FaceReader(), sys.stdin.buffer.read()
    print(1000 / timed(lambda: reader.look(picture), 300))


def resident(process: int) -> float:
    """Megabytes of memory that a process holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def hostile() -> dict[str, object]:
    """Damaged pictures, forms that are none, odd routes, lengths and names; the service must shrug and stay healthy."""
    rng = np.random.default_rng(0)
    demo = vga()
    statuses: collections.Counter[int] = collections.Counter()
    with service("--threads", "2") as (port, _, folder, log):
        for number in range(HOSTILE):
            body = mutate(demo, rng) if number % 2 else rng.bytes(int(rng.integers(0, 5000)))
            statuses[attack(port, number % 8, body, rng)] += 1
        healthy = ready(port)
        written = [path.name for path in folder.rglob("*")]
        tracebacks = log.read_text(errors="replace").count("Traceback")
    server_errors = sum(count for status, count in statuses.items() if status >= 500)
    return {
        "requests": HOSTILE,
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "in_the_500s": server_errors,
        "tracebacks": tracebacks,
        "files_written": len(written),
        "healthy_after": healthy,
    }


ROUTES = (
    "/v1/faces",
    "/v1/faces/annotated",
    "/v1/text",
    "/uploader",
    "/v1/faces",
    "/v1/faces",
    "/%2e%2e/etc/passwd",
    "/v1/faces",
)
PART = b'--y\r\nContent-Disposition: form-data; name="file"; filename="../../../etc/cron.d/x\x00"\r\n\r\n%b\r\n--y--'


def attack(port: int, kind: int, body: bytes, rng: np.random.Generator) -> int:
    """One hostile request; its status, 0 where the connection was closed without one."""
    content_type, length = "image/jpeg", len(body)
    if kind in (4, 5):  # a form with a wandering name; one whose boundary is not the one it says
        content_type = "multipart/form-data; boundary=" + ("y" if kind == 4 else "z" * 300)
        body = PART % body
        length = len(body)
    elif kind == 7:  # hangs up half way
        length += int(rng.integers(1, 1000))
    head = f"Host: x\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(f"POST {ROUTES[kind]} HTTP/1.1\r\n{head}\r\n".encode() + body)
            if kind == 7:
                connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:
            return 0
    return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0


if __name__ == "__main__":
    alone() if sys.argv[1:] == ["--alone"] else main()
