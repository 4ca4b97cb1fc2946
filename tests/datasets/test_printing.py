from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image

from mien.datasets import corpora, fonts
from mien.datasets.characters import SEED_CHARACTERS, from_fonts
from mien.datasets.corpora import Corpus
from mien.datasets.pages import KINDS, kit, print_page, scanned
from mien.datasets.printing import LinePrinter, degraded, print_line
from mien.errors import DatasetError
from mien.text.alphabet import ALPHABET, PRINTED
from mien.text.ink import ink

PLACES = [Path(matplotlib.get_data_path()) / "fonts"]
CORPORA = [
    Corpus("vietnamese", ("Đường vào bản phải qua một con suối nước bốn mùa trong veo rất đỗi hiền hòa",)),
    Corpus("english", ("Rain fell on most days of the year, and nobody minded",)),
    Corpus("code", ("return [x for x in rows if x > 0]",)),
    Corpus("words", ("một", "two", "ba")),
]


def installed() -> list[fonts.Font]:
    return fonts.load("train", PRINTED, places=PLACES)


def test_fonts_that_lack_letters_are_left_out() -> None:
    names = {font.family for font in installed()}
    assert "DejaVu Sans" in names
    assert not names & {"cmsy10", "STIXGeneral"}
    assert all(font.characters.issuperset(PRINTED) for font in installed())


def test_only_the_upright_fonts_of_families_asked_for_are_read() -> None:
    named = fonts.load("train", PRINTED, upright_of=["DejaVu Sans", "No Such Font"], places=PLACES)
    assert named == [font for font in installed() if font.family == "DejaVu Sans" and font.upright]
    assert named


def test_where_there_is_no_font_it_is_said_how_to_get_some(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    with pytest.raises(DatasetError, match="apt-get install fonts-"):
        fonts.load("train", PRINTED, places=[tmp_path])


def test_no_font_is_in_both_splits() -> None:
    try:
        heldout = fonts.load("heldout", PRINTED)
    except DatasetError as error:
        pytest.skip(str(error))
    train = fonts.load("train", PRINTED)
    assert not {font.path for font in train} & {font.path for font in heldout}
    proportional = {font.widths for font in heldout if len(set(font.widths)) > 1}
    assert not proportional & {font.widths for font in train}


def test_texts_are_of_the_alphabet_and_in_one_split() -> None:
    try:
        train, heldout = corpora.load("train"), corpora.load("heldout")
    except DatasetError as error:
        pytest.skip(str(error))
    known = set(ALPHABET)
    for ours, theirs in zip(train, heldout, strict=True):
        assert not set(ours.paragraphs) & set(theirs.paragraphs)
        assert all(known.issuperset(text) for text in theirs.paragraphs)
        assert len(ours.paragraphs) > 5 * len(theirs.paragraphs)


def test_a_line_is_what_its_truth_says() -> None:
    font = next(font for font in installed() if font.upright)
    line = print_line("xổ", font, 40)
    columns = np.flatnonzero((line.grey < 128).any(axis=0))
    assert abs(columns[0] - line.left) <= 3
    assert abs(columns[-1] + 1 - line.right) <= 3
    x = line.grey[:, : (line.left + line.right) // 2 - 4]
    rows = np.flatnonzero((x < 128).any(axis=1))
    assert abs(rows[-1] + 1 - line.baseline) <= 1
    assert abs(rows[0] - (line.baseline - line.x_height)) <= 1


def test_the_same_seed_prints_the_same_line() -> None:
    printer = LinePrinter(installed(), CORPORA)
    for seed in range(40):
        one, other = (printer.draw(np.random.default_rng(seed), 30) for _ in range(2))
        assert one.text == other.text
        assert np.array_equal(one.grey, other.grey)
        assert 0 < len(one.text) <= 30
        assert set(one.text) <= set(ALPHABET)


def test_worse_copies_can_still_be_seen() -> None:
    font = next(font for font in installed() if font.upright)
    clean = print_line("Chữ in", font, 32)
    for seed in range(30):
        worse = degraded(clean, np.random.default_rng(seed))
        assert worse.grey.shape == clean.grey.shape
        assert (ink(worse.grey) > 128).mean() > 0.02


def test_a_page_holds_its_lines_and_a_scan_of_it_too() -> None:
    font = next(font for font in installed() if font.upright)
    page = print_page([text for corpus in CORPORA for text in corpus.paragraphs], font, 20, size=(500, 400))
    assert " ".join(page.lines).startswith("Đường vào bản")
    scan = scanned(page, np.random.default_rng(0), scale=0.5)
    assert scan.grey.shape == (200, 250)
    assert scan.lines == page.lines


def test_the_kit_has_pages_of_every_kind() -> None:
    with pytest.raises(DatasetError, match="Arimo"):
        next(kit([], CORPORA))
    try:
        heldout = fonts.load("heldout", PRINTED)
    except DatasetError as error:
        pytest.skip(str(error))
    assert {kind for kind, _ in kit(heldout, CORPORA)} == set(KINDS)


def test_sheets_of_characters_are_found_again(tmp_path: Path) -> None:
    chosen = [font for font in installed() if font.upright][:1]
    kwargs = {"with_geometry": True, "copies": 1, "rng": np.random.default_rng(0)}
    examples = from_fonts(chosen, SEED_CHARACTERS, (40,), **kwargs)  # type: ignore[arg-type]
    assert examples.inputs.shape[1] == 154
    assert set(examples.text) == set(SEED_CHARACTERS)
    assert set(np.unique(examples.inputs[:, :150])) == {-1, 1}
    Image.fromarray(((examples.inputs[0, :150].reshape(15, 10) + 1) * 127).astype(np.uint8)).save(tmp_path / "grid.png")
