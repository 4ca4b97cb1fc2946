"""`mien batch` by real processes and on a real Ray: every picture once, whatever dies."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet
from tests.conftest import DEMO, REPOSITORY
from tests.faces.videos import face_at, write_video

from mien.cluster.batch import Batch, run_here
from mien.cluster.plan import Shard
from mien.cluster.work import BATCH_COLUMNS, Done, Settings, Worker, shard_file
from mien.errors import ConfigError
from mien.faces.reader import FaceReader
from mien.models.catalog import DEFAULT_MODEL, FACE_DETECTOR

SETTINGS = Settings(DEFAULT_MODEL, FACE_DETECTOR, 40.0, 0.0, None, 2.0)
COMMAND = [sys.executable, "-m", "mien.cli.main", "batch", "--detector", FACE_DETECTOR]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven pictures with a face at other places, one without a face, one that is none, a clip."""
    folder = tmp_path_factory.mktemp("pictures")
    for k in range(11):
        Image.fromarray(face_at(15 * k)).save(folder / f"{k:02}.png")
    Image.fromarray(face_at(999)).save(folder / "nobody.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    write_video(folder / "clip.mp4", lambda k: face_at(10 * k), 15)
    return folder


def batch(*arguments: "str | Path") -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("part-*.parquet")) for row in parquet.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def whole(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "out"
    done = batch(pictures, "--out", folder, "--shard", "4", "--fps", "2", "--json")
    assert done.returncode == 1, done.stderr  # one picture is none
    assert json.loads(done.stdout) == {"pictures": 14, "rows": 16, "faces": 14, "errors": 1}
    assert "see the column error" in done.stderr
    return folder


def test_rows_are_what_look_says(whole: Path, pictures: Path) -> None:
    told = rows(whole)
    assert list(told[0]) == list(BATCH_COLUMNS)
    reader = FaceReader(detector=FACE_DETECTOR)
    for row in told:
        if row["time"] is None and row["face"] is not None:
            face = reader.look(row["source"])[row["face"]]
            assert (row["x"], row["happiness"]) == pytest.approx((face.box.x, face.reading.distribution[1]), rel=1e-5)  # type: ignore[union-attr]
    by_name = {Path(row["source"]).name: row for row in told}
    assert by_name["nobody.png"]["x"] is None and by_name["nobody.png"]["error"] is None
    assert "not a picture" in by_name["broken.jpg"]["error"]
    clip = [row for row in told if row["source"].endswith("clip.mp4")]
    assert [row["frame"] for row in clip] == [0, 5, 10]
    assert {row["track"] for row in clip} == {1}


def test_the_manifest_names_what_is_there(whole: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_text())
    assert manifest["columns"].keys() == BATCH_COLUMNS.keys()
    assert {shard["file"] for shard in manifest["shards"]} == {path.name for path in whole.glob("part-*")}
    assert sum(shard["rows"] for shard in manifest["shards"]) == manifest["rows"] == 16


def test_duckdb_reads_it(whole: Path) -> None:
    parts = duckdb.read_parquet(f"{whole}/part-*.parquet")
    ((share,),) = parts.filter("face = 0").aggregate("avg((expression = 'happiness')::int)").fetchall()
    assert share > 0.8


def test_the_questions_of_the_docs_have_answers(whole: Path) -> None:
    page = (REPOSITORY / "docs" / "scale.md").read_text(encoding="utf-8")
    questions = page.split("```sql")[1].split("```")[0].replace("faces/part-*", f"{whole}/part-*").split(";")
    answers = [duckdb.sql(question).fetchall() for question in questions if question.strip()]
    assert len(answers) == 3
    ((folder, smiles, faces),) = answers[0]
    assert (Path(folder), faces) == (whole.parent.parent / Path(folder).name, 14)
    assert smiles > 0.8
    assert [len(answer) for answer in answers[1:]] == [1, 1]


def test_a_finished_folder_has_nothing_left_to_do_and_other_work_is_refused(whole: Path, pictures: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.glob("part-*")}
    again = batch(pictures, "--out", whole, "--shard", "4", "--fps", "2")
    assert "14 of 14 are done already" in again.stderr
    assert before == {path: path.stat().st_mtime_ns for path in whole.glob("part-*")}
    other = batch(pictures, "--out", whole, "--shard", "5")
    assert other.returncode == 2
    assert "holds other work" in other.stderr


def test_parquet_in_rows_with_numbers_out(pictures: Path, tmp_path: Path) -> None:
    encoded = [(pictures / f"{k:02}.png").read_bytes() for k in range(7)] + [None, b"broken"]
    table = pa.table({"image": [{"bytes": data, "path": "x"} for data in encoded]})
    parquet.write_table(table, tmp_path / "p.parquet", row_group_size=2)
    done = batch(tmp_path / "p.parquet", "--out", tmp_path / "out", "--shard", "3", "--workers", "2")
    assert done.returncode == 1
    told = rows(tmp_path / "out")
    assert [row["row"] for row in told] == list(range(9))
    assert [row["error"] is None for row in told] == [True] * 7 + [False] * 2
    assert "p.parquet, row 8: not a picture" in told[8]["error"]


def test_urls_are_fetched(tmp_path: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/m/demo.png", DEMO.read_bytes())
    worker = Worker(SETTINGS, tmp_path)
    done = worker.do(Shard(0, "pictures", ("memory:///m/demo.png", "memory:///m/gone.png")))
    assert (done.faces, done.errors) == (1, 1)
    assert "memory:///m/gone.png" in rows(tmp_path)[-1]["error"]


def test_killed_ten_times_every_row_is_there_once(pictures: Path, whole: Path, tmp_path: Path) -> None:
    kills, out = 0, tmp_path / "out"
    for k in range(10):
        before = len(list(out.glob("part-*.parquet")))
        process = subprocess.Popen(
            [*COMMAND, str(pictures), "--out", str(out), "--shard", "1", "--fps", "2", "--workers", "2"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        # In the midst of the work, however fast the machine: when a new shard is done, or ever later after it.
        while process.poll() is None and len(list(out.glob("part-*.parquet"))) == before:
            time.sleep(0.01)
        time.sleep(0.02 * k)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills
    done = batch(pictures, "--out", out, "--shard", "1", "--fps", "2")
    assert done.returncode == 1, done.stderr
    others = {path.name for path in out.iterdir() if not path.name.startswith("part-")}
    assert others == {"plan.jsonl", "manifest.json"}
    key = ("source", "frame", "face")
    assert sorted(rows(out), key=lambda row: [str(row[k]) for k in key]) == sorted(
        rows(whole), key=lambda row: [str(row[k]) for k in key]
    )


def children() -> list[int]:
    return [child.pid for child in multiprocessing.active_children() if child.pid]


def test_a_worker_that_dies_costs_no_row(pictures: Path, whole: Path, tmp_path: Path) -> None:
    work = Batch([str(pictures)], tmp_path / "out", SETTINGS, size=4)
    results: Iterator[Done] = run_here(work.remaining(), SETTINGS, work.folder, workers=2)
    next(results)
    victims = children()
    assert victims
    os.kill(victims[0], signal.SIGKILL)
    list(results)
    assert rows(work.folder) == rows(whole)
    assert work.finish()["rows"] == 16


def kill_the_large(stop: threading.Event) -> None:
    """What a machine out of memory does, at 400 MB."""
    while not stop.wait(0.01):
        for child in children():
            try:
                resident = int(Path(f"/proc/{child}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
                if resident > 400e6:
                    os.kill(child, signal.SIGKILL)
            except (OSError, IndexError):
                continue


def test_a_picture_that_kills_its_reader_becomes_a_row(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a.png", "b.png", "c.png")]
    Image.fromarray(face_at(20)).save(names[0])
    Image.new("RGB", (9000, 8500)).save(names[1])
    Image.fromarray(face_at(60)).save(names[2])
    stop = threading.Event()
    killer = threading.Thread(target=kill_the_large, args=(stop,))
    killer.start()
    try:
        (done,) = run_here(iter([Shard(0, "pictures", tuple(names))]), SETTINGS, tmp_path, workers=1)
    finally:
        stop.set()
        killer.join()
    told = rows(tmp_path)
    assert [row["source"] for row in told] == names
    assert [row["error"] for row in told] == [None, f"{names[1]}: the process that read it died", None]
    assert (done.rows, done.faces, done.errors) == (3, 2, 1)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".png" and path.name[0] != "."] == [shard_file(0)]


def test_nothing_to_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to read"):
        Batch([], tmp_path / "out", SETTINGS)


def test_ray_gives_the_same_rows(pictures: Path, whole: Path, tmp_path: Path) -> None:
    done = batch(pictures, "--out", tmp_path / "out", "--shard", "4", "--fps", "2", "--ray", "local", "--workers", "2")
    assert done.returncode == 1, done.stderr
    assert rows(tmp_path / "out") == rows(whole)


def test_no_cluster_is_told(pictures: Path, tmp_path: Path) -> None:
    done = batch(pictures, "--out", tmp_path / "out", "--ray", "127.0.0.1:1")
    assert done.returncode == 2
    assert "no Ray cluster at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr
