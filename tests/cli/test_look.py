"""`mien look` as a process: what it prints, writes and returns."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from mien.faces.expressions import EXPRESSIONS
from mien.faces.face import FACE_COLUMNS
from mien.models.catalog import DEFAULT_MODEL

MIEN = [sys.executable, "-m", "mien.cli.main"]


def mien(*arguments: str | Path, stdin: bytes | None = None) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [*MIEN, *map(str, arguments)], input=stdin, capture_output=True, check=False, env=os.environ | {"COLUMNS": "160"}
    )
    text = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in text.stderr
    return text


@pytest.fixture(scope="module")
def folder(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good pictures of one name, one without a face, and two bad files."""
    root = tmp_path_factory.mktemp("pictures")
    for place in ("a", "b"):
        (root / place).mkdir()
        shutil.copy(demo, root / place / "face.png")
    Image.fromarray(np.full((80, 80, 3), 200, np.uint8)).save(root / "plain [bold].jpg")
    (root / "broken.png").write_bytes(demo.read_bytes()[:3000])
    (root / "empty.gif").touch()
    return root


def test_the_demo_face_is_happy(demo: Path) -> None:
    done = mien("look", demo)
    assert done.returncode == 0
    assert "happiness" in done.stdout
    (line,) = mien("look", demo, "--json").stdout.splitlines()
    (face,) = json.loads(line)["faces"]
    assert face["reading"]["expression"] == "happiness"
    assert list(face["reading"]["distribution"]) == list(EXPRESSIONS)
    assert sum(face["reading"]["distribution"].values()) == pytest.approx(1)


def test_a_bad_file_is_reported_and_the_rest_is_done(folder: Path) -> None:
    done = mien("look", folder, "--json")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [len(o["faces"]) for o in objects] == [1, 1, 0, 0, 0]
    assert [Path(o["source"]).name for o in objects if "error" in o] == ["broken.png", "empty.gif"]
    assert "broken.png: the picture is damaged" in done.stderr
    assert "2 of 5 could not be done" in done.stderr


def test_the_table_takes_names_as_they_are(folder: Path) -> None:
    done = mien("look", folder / "plain [bold].jpg")
    assert "plain [bold].jpg" in done.stdout
    assert "none found" in done.stdout


def test_csv_and_parquet_hold_the_same_rows(folder: Path, tmp_path: Path) -> None:
    done = mien("look", folder, "--csv", "--parquet", tmp_path / "t.parquet")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert list(rows[0]) == list(FACE_COLUMNS)
    stored = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in stored] == rows


def test_annotated_copies_keep_apart(folder: Path, tmp_path: Path) -> None:
    done = mien("look", folder, "--annotate", tmp_path / "new")
    assert done.returncode == 1
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["face-2.png", "face.png", "plain [bold].jpg"]


def test_a_picture_is_never_replaced_by_its_copy(demo: Path, tmp_path: Path) -> None:
    shutil.copy(demo, tmp_path / "face.png")
    done = mien("look", tmp_path / "face.png", "--annotate", tmp_path)
    assert done.returncode == 1
    assert "would replace a picture" in done.stderr
    assert (tmp_path / "face.png").read_bytes() == demo.read_bytes()


def test_no_other_picture_is_replaced_either(demo: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        shutil.copy(demo, tmp_path / name / "face.png")
    done = mien("look", tmp_path / "a" / "face.png", tmp_path / "b" / "face.png", "--annotate", tmp_path / "b")
    assert done.returncode == 1
    assert (tmp_path / "b" / "face.png").read_bytes() == demo.read_bytes()


def test_annotating_into_the_same_folder_again_reads_no_copies(demo: Path, tmp_path: Path) -> None:
    shutil.copy(demo, tmp_path / "face.png")
    for _ in range(2):
        done = mien("look", tmp_path, "--annotate", tmp_path / "out", "--json")
        assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["face.png"]


@pytest.mark.parametrize("option", ["--annotate", "--parquet"])
def test_a_place_that_cannot_be_written_is_told_at_once(demo: Path, tmp_path: Path, option: str) -> None:
    (tmp_path / "taken").mkdir() if option == "--parquet" else (tmp_path / "taken").touch()
    done = mien("look", demo, option, tmp_path / "taken")
    assert done.returncode == 2
    assert "taken" in done.stderr


def test_what_reads_our_output_may_be_full_or_know_no_unicode(demo: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run([*MIEN, "look", str(demo), "--json"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*MIEN, "look", str(demo)], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_standard_input_and_globs(demo: Path, folder: Path) -> None:
    done = mien("look", "-", f"{folder}/*/face.png", "--json", stdin=demo.read_bytes())
    sources = [json.loads(line)["source"] for line in done.stdout.splitlines()]
    assert sources == ["standard input", str(folder / "a" / "face.png"), str(folder / "b" / "face.png")]
    assert done.returncode == 0


def test_min_score_drops_faces(demo: Path) -> None:
    (line,) = mien("look", demo, "--json", "--min-score", "0.99").stdout.splitlines()
    assert json.loads(line)["faces"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["look"],
        ["look", ""],
        ["look", "x.png", "--json", "--csv"],
        ["look", "x", "--model-x"],
        ["look", "x", "--min-score", "3"],
        ["nothing"],
    ],
)
def test_wrong_use_is_exit_code_2(arguments: list[str]) -> None:
    assert mien(*arguments).returncode == 2


def test_what_the_network_looked_at_is_drawn_for_each_face(demo: Path, tmp_path: Path) -> None:
    done = mien("look", demo, "--json", "--explain", tmp_path / "why")
    assert done.returncode == 0, done.stderr
    faces = json.loads(done.stdout)["faces"]
    assert len(list((tmp_path / "why").iterdir())) == len(faces) >= 1
    assert (tmp_path / "why" / "astronaut-face1.png").exists()


def test_the_least_confidence_decides_what_is_unsure(demo: Path) -> None:
    told = [json.loads(mien("look", demo, "--json", "--min-confidence", least).stdout)["faces"] for least in ("0", "1")]
    assert all(face["reading"]["expression"] for face in told[0])
    assert not any(face["reading"]["expression"] for face in told[1])
    assert mien("look", demo, "--min-confidence", "2").returncode == 2


def test_an_unknown_detector_or_model_is_told(demo: Path) -> None:
    done = mien("look", demo, "--detector", "x")
    assert (done.returncode, "neither a shipped network" in done.stderr) == (2, True)
    done = mien("look", demo, "--model", "x")
    assert (done.returncode, "neither a shipped network" in done.stderr) == (2, True)


def test_a_name_that_is_no_text_does_not_end_the_run(demo: Path, tmp_path: Path) -> None:
    name = os.path.join(os.fsencode(tmp_path), b"caf\xe9.png")  # noqa: PTH118  paths of bytes need os.path
    with open(name, "wb") as file:  # noqa: PTH123
        file.write(demo.read_bytes())
    for option in ("--json", "--csv"):
        done = mien("look", tmp_path, option)
        assert done.returncode == 0, done.stderr
        assert "caf\\" in done.stdout
    assert "caf\\" in mien("look", tmp_path).stdout


def test_a_closed_pipe_is_no_error(demo: Path) -> None:
    command = f"{sys.executable} -m mien.cli.main look {' '.join([str(demo)] * 40)} --json | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize(
    "command", [[], ["look"], ["train"], ["train", "expression"], ["evaluate"], ["evaluate", "expression"], ["models"]]
)
def test_every_command_has_help(command: list[str]) -> None:
    done = mien(*command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 8


def test_the_models_and_their_cards() -> None:
    assert "ferplus-majority" in mien("models").stdout
    assert "Intended use" in mien("models", DEFAULT_MODEL).stdout
    told = {entry["name"]: entry for entry in map(json.loads, mien("models", "--json").stdout.splitlines())}
    assert told["seed"]["parameters"] == 711_784
    assert told["mien-detector"]["kind"] == "detector"
    assert mien("models", "x").returncode == 2
