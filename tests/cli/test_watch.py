"""`mien watch` as a process: rows, pictures, kills."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.faces.videos import face_at, write_video

from mien.faces.timeline import TIMELINE_COLUMNS

COMMAND = [sys.executable, "-m", "mien.cli.main", "watch"]


def watch(*arguments: "str | Path") -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The astronaut walks through; three seconds without her at the end."""
    folder = tmp_path_factory.mktemp("watch")
    return write_video(folder / "clip.mp4", lambda k: face_at(20 + 4 * k if k < 30 else 999), 60, sound="aac")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_one_face_is_one_track_with_one_expression(clip: Path, tmp_path: Path) -> None:
    done = watch(clip, "--out", tmp_path / "t.csv", "--plot", tmp_path / "t.png", "--annotate", tmp_path / "a.mp4")
    assert done.returncode == 0, done.stderr
    assert "#1" in done.stdout
    assert "happiness 100%" in done.stdout
    rows = read(tmp_path / "t.csv")
    assert list(rows[0]) == list(TIMELINE_COLUMNS)
    assert sorted({int(row["frame"]) for row in rows}) == list(range(60))
    first = [row for row in rows if row["track"] == "1"]
    assert len(first) >= 28
    assert {row["expression"] for row in first} == {"happiness"}
    assert all(row["track"] == "" and row["x"] == "" for row in rows if int(row["frame"]) > 31)
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")
    import av

    with av.open(str(tmp_path / "a.mp4")) as copy:
        assert len(copy.streams.audio) == 1
        pictures = [frame.to_ndarray(format="rgb24") for frame in copy.decode(video=0)]
    assert len(pictures) == 60
    with av.open(str(clip)) as original:
        plain = [frame.to_ndarray(format="rgb24").astype(int) for frame in original.decode(video=0)]
    drawn = [abs(a - b).mean() for a, b in zip(plain, pictures, strict=True)]
    assert min(drawn[:28]) > 2 > max(drawn[40:])
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv", "t.png", "a.mp4"}


def test_what_fails_after_the_watching_is_not_watched_again(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "in_the_way.mp4").mkdir()
    arguments = [clip, "--fps", "5", "--out", tmp_path / "t.csv"]
    assert watch(*arguments, "--annotate", tmp_path / "in_the_way.mp4").returncode != 0
    rows = (tmp_path / "t.csv").read_bytes()
    done = watch(*arguments, "--plot", tmp_path / "t.png")
    assert done.returncode == 0, done.stderr
    assert "going on after frame" in done.stderr
    assert (tmp_path / "t.csv").read_bytes() == rows
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")


def test_json_lines_come_frame_by_frame(clip: Path) -> None:
    done = watch(clip, "--json", "--fps", "2", "--from", "1", "--to", "3")
    assert done.returncode == 0
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    assert [frame["frame"] for frame in frames] == [10, 15, 20, 25]
    face = frames[0]["faces"][0]
    assert face["track"] == 1
    assert face["reading"]["expression"] == "happiness"


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_watch_goes_on_as_if_it_had_not_been(clip: Path, tmp_path: Path, kind: signal.Signals) -> None:
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    assert watch(clip, "--out", whole).returncode == 0
    killed = 0
    for count in (2, 15, 30, 31):
        process = subprocess.Popen(
            [*COMMAND, str(clip), "--out", str(parts)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Where the tests are a job in the background, the shell has them ignore Ctrl-C, and their children too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        while process.poll() is None and not (parts.exists() and len(parts.read_bytes().splitlines()) > count):
            time.sleep(0.002)
        process.send_signal(kind)
        process.communicate()
        killed += process.returncode in (-kind, 130)
    assert killed >= 2
    assert watch(clip, "--out", parts).returncode == 0
    assert parts.read_text() == whole.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.mp4"], "none.mp4: no such file"),
        (["CLIP", "--out", "faces.txt"], "expected a name that ends in .csv, .jsonl or .parquet"),
        (["CLIP", "--from", "3", "--to", "2"], "expected 0 <= from < to"),
        (["CLIP", "--annotate", "x.gif"], "expected a name that ends in .mp4"),
        (["CLIP", "--annotate", "CLIP"], "would replace the video"),
    ],
)
def test_wrong_use_is_told(clip: Path, arguments: list[str], message: str) -> None:
    done = watch(*(str(clip) if argument == "CLIP" else argument for argument in arguments))
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
