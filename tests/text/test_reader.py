import numpy as np
import pytest
from skimage import data

from mien import read
from mien.datasets.fonts import Font
from mien.datasets.pages import PrintedPage, print_page, scanned
from mien.errors import ModelError
from mien.evaluation.text import evaluate_text
from mien.text.reader import TextReader
from mien.text.result import PageText

TEXT = [
    "Trời xanh đây là của chúng ta, núi rừng đây là của chúng ta; những cánh đồng thơm mát, những ngả đường bát ngát.",
    "The pages of this book were printed in a small shop near the old bridge, where rain fell on most days of the year.",
    "def area(radius): return 3.14159 * radius ** 2  # [square]",
]


@pytest.fixture(scope="module")
def page(font: Font) -> PrintedPage:
    return print_page(TEXT, font, 36, size=(1500, 900))


def error(page: PageText, truth: PrintedPage) -> float:
    return evaluate_text([page.text], ["\n".join(truth.lines)]).character_error


def test_english_vietnamese_and_code_are_read(page: PrintedPage, reader: TextReader) -> None:
    found = reader.read(page.grey)
    assert error(found, page) < 0.05
    assert len(found.lines) == len(page.lines)
    assert found.angle == 0


def test_words_stand_where_they_are_printed(page: PrintedPage, reader: TextReader) -> None:
    for line in reader.read(page.grey).lines:
        edges = [(word.box.x, word.box.x + word.box.width) for word in line.words]
        assert edges == sorted(edges)
        for left, right in edges:
            ink = page.grey[round(line.box.y) : round(line.box.y + line.box.height), round(left) : round(right)]
            assert (ink < 128).any()
        assert line.box.x <= edges[0][0] + 2
        assert line.box.x + line.box.width >= edges[-1][1] - 2


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_on_its_side_or_head_is_read(page: PrintedPage, reader: TextReader, quarters: int) -> None:
    found = reader.read(np.ascontiguousarray(np.rot90(page.grey, quarters)))
    assert error(found, page) < 0.08
    assert found.angle % 360 == pytest.approx(-90 * quarters % 360, abs=0.3)


def test_spelling_mends_what_poor_letters_leave_open(font: Font, reader: TextReader) -> None:
    sentences = [
        "You can choose another folder in the dialog that opens, and the program will remember it for the next time.",
        "When the installation is finished, remove the disk and press Enter to start the system again.",
        "If you do not want to change the settings of this document, click Cancel and close the window.",
    ]
    clean = print_page(sentences, font, 36, size=(1500, 900))
    poor = scanned(clean, np.random.default_rng(0), scale=0.36)
    by_letters = TextReader(language=False).read(poor.grey)
    assert error(reader.read(poor.grey), clean) < error(by_letters, clean)


def test_light_print_on_dark_is_read(page: PrintedPage, reader: TextReader) -> None:
    assert error(reader.read(255 - page.grey), page) < 0.06


@pytest.mark.parametrize("level", [0, 200, 255])
@pytest.mark.parametrize("shape", [(1, 1), (2, 900), (400, 400)])
def test_blank_pages_are_empty(reader: TextReader, shape: tuple[int, int], level: int) -> None:
    assert reader.read(np.full(shape, level, np.uint8)).lines == ()


def test_a_photo_without_text_gives_hardly_any(reader: TextReader) -> None:
    assert len(reader.read(data.astronaut()).text) < 60
    noise = np.random.default_rng(0).integers(0, 256, (600, 800), dtype=np.uint8)
    assert len(reader.read(noise).text) < 60


def test_a_very_wide_scan_is_read(page: PrintedPage, reader: TextReader) -> None:
    wide = np.full((page.grey.shape[0], 20_000), 255, np.uint8)
    wide[:, : page.grey.shape[1]] = page.grey
    assert error(reader.read(wide), page) < 0.08


def test_what_reads_no_text_is_refused() -> None:
    with pytest.raises(ModelError, match="expected a line reader, got a classifier"):
        read(np.zeros((9, 9), np.uint8), model="seed")
