"""`mien read` and `mien train characters` as processes."""

import json
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

MIEN = [sys.executable, "-m", "mien.cli.main"]
FONT = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 40)
TEXT = "Một trang sách cũ\nA page of an old book"


def mien(*arguments: str | Path, stdin: bytes | None = None) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([*MIEN, *map(str, arguments)], input=stdin, capture_output=True, check=False)
    text = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in text.stderr
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page, the same page as a PDF, a broken picture."""
    root = tmp_path_factory.mktemp("pages")
    image = Image.new("RGB", (900, 240), "white")
    ImageDraw.Draw(image).multiline_text((40, 40), TEXT, fill="black", font=FONT, spacing=30)
    image.save(root / "page.png")
    image.save(root / "page.pdf", resolution=300)
    (root / "page.txt").write_text(TEXT, encoding="utf-8")
    (root / "broken.png").write_bytes((root / "page.png").read_bytes()[:300])
    return root


def test_a_page_is_read_to_the_terminal(folder: Path) -> None:
    done = mien("read", folder / "page.png")
    assert (done.returncode, done.stdout.strip()) == (0, TEXT)


def test_a_pdf_and_a_pipe_are_read_too(folder: Path) -> None:
    assert mien("read", folder / "page.pdf").stdout.strip() == TEXT
    assert mien("read", "-", stdin=(folder / "page.png").read_bytes()).stdout.strip() == TEXT


def test_a_broken_picture_is_reported_and_the_rest_is_read(folder: Path) -> None:
    done = mien("read", folder, "--json")
    assert done.returncode == 1
    assert "broken.png" in done.stderr
    pages = [json.loads(line) for line in done.stdout.splitlines()]
    assert {page["text"] for page in pages} == {TEXT}
    assert {len(line["words"]) for line in pages[0]["lines"]} == {4, 6}


@pytest.mark.parametrize(
    ("name", "encoding"), [("out.txt", "utf-8"), ("out.txt", "utf-16"), ("out.json", "utf-8"), ("out.hocr", "utf-8")]
)
def test_text_is_written_to_a_file(folder: Path, tmp_path: Path, name: str, encoding: str) -> None:
    done = mien("read", folder / "page.png", "-o", tmp_path / name, "--encoding", encoding)
    assert (done.returncode, done.stdout) == (0, "")
    assert "sách" in (tmp_path / name).read_text(encoding=encoding)


def test_a_searchable_pdf_is_read_back(folder: Path, tmp_path: Path) -> None:
    assert mien("read", folder / "page.png", "-o", tmp_path / "out.pdf", "--annotate", tmp_path).returncode == 0
    assert (tmp_path / "page.png").is_file()
    assert mien("read", tmp_path / "out.pdf").stdout.strip() == TEXT


def test_the_seeds_reader_shows_what_it_sees(folder: Path, tmp_path: Path) -> None:
    done = mien("read", "--model", "perceptron", folder / "page.png", "--show", tmp_path)
    assert done.returncode == 0
    assert np.asarray(Image.open(tmp_path / "page.png")).shape[0] > 100


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--show", "x"], "--show draws how a character reader sees a page"),
        (["-o", "x.doc"], "cannot write .doc; use one of .txt"),
        (["--model", "perceptron", "--no-language"], "--no-language is for line readers"),
        (["--model", "seed"], "expected a line reader, got a classifier"),
        (["-o", "PAGE.pdf", "PAGE.pdf"], "would replace what is read"),
    ],
)
def test_wrong_use_is_told(folder: Path, arguments: list[str], told: str) -> None:
    done = mien("read", folder / "page.png", *(argument.replace("PAGE", str(folder / "page")) for argument in arguments))
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())


def test_the_error_of_a_folder_of_pages_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes((folder / "page.png").read_bytes())
    (tmp_path / "page.txt").write_text(TEXT + "!", encoding="utf-8")
    told = json.loads(mien("evaluate", "text", "--data", tmp_path, "--json").stdout)
    assert (told["pages"], told["wrong_characters"], told["characters"]) == (1, 1, len(TEXT) + 1)
    assert mien("evaluate", "text", "--data", tmp_path / "none").returncode == 2
    (tmp_path / "page.txt").write_bytes("khuôn mặt".encode("utf-16"))
    refused = mien("evaluate", "text", "--data", tmp_path)
    assert refused.returncode == 2
    assert "page.txt: expected text in UTF-8" in "".join(refused.stderr.split("\n"))


def test_characters_are_learned_from_a_picture_and_read_again(tmp_path: Path) -> None:
    image = Image.new("1", (900, 100), 1)
    draw = ImageDraw.Draw(image)
    for column, character in enumerate("abcdefgh"):
        draw.text((40 + 100 * column, 70), character, fill=0, font=FONT, anchor="ls")
    image.save(tmp_path / "chars.bmp")
    (tmp_path / "chars.txt").write_text("a b c d e f g h\n", encoding="utf-8")
    given = ["--image", tmp_path / "chars.bmp", "--text", tmp_path / "chars.txt", "--copies", "0", "--epochs", "80"]
    done = mien("train", "characters", *given, "--run", tmp_path / "run")
    assert done.returncode == 0
    assert "the picture's own characters" in " ".join(done.stdout.split())
    read = mien("read", "--model", tmp_path / "run" / "perceptron.onnx", tmp_path / "chars.bmp")
    assert read.stdout.split() == list("abcdefgh")


def test_what_to_learn_from_must_be_told() -> None:
    done = mien("train", "characters", "--image", "a.bmp")
    assert done.returncode == 2
    assert "either --image with --text, or --fonts" in done.stderr
