from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mien.datasets.characters import SEED_CHARACTERS, from_picture
from mien.datasets.fonts import Font
from mien.errors import DatasetError
from mien.nn import BipolarSigmoid
from mien.text.drawing import segmentation
from mien.text.glyph import characters, geometry, glyph
from mien.text.ink import ink
from mien.text.page import lines, pieces
from mien.text.perceptron import Perceptron
from mien.text.reader import TextReader, layout
from mien.training.characters import recipe_for, train_on_picture

LINES = [SEED_CHARACTERS[i : i + 18] for i in range(0, len(SEED_CHARACTERS), 18)]


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory, font: Font) -> tuple[Path, Path]:
    """The seed's characters as a bitmap, and the text that names them."""
    folder = tmp_path_factory.mktemp("sheet")
    image = Image.new("1", (1700, 420), 1)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(LINES, start=1):
        for column, character in enumerate(line):
            draw.text((40 + 90 * column, 95 * row), character, fill=0, font=font.sized(60), anchor="ls")
    image.save(folder / "chars.bmp")
    (folder / "chars.txt").write_text("\n".join(LINES), encoding="utf-8")
    return folder / "chars.bmp", folder / "chars.txt"


@pytest.fixture(scope="module")
def trained(sheet: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = recipe_for("bits", fonts=None, epochs=None, learning_rate=None, copies=0)
    path, _ = train_on_picture(*sheet, recipe, tmp_path_factory.mktemp("run"), seed=0, on_epoch=lambda _: None)
    return path


def test_the_seeds_way_reads_its_own_characters_but_for_those_that_fill_the_grid_alike(
    trained: Path, sheet: tuple[Path, Path]
) -> None:
    for rounding in (False, True):
        read = "".join(TextReader(trained, rounding=rounding).read(sheet[0]).text.split())
        wrong = {truth for got, truth in zip(read, "".join(LINES), strict=True) if got != truth}
        assert wrong <= set("Il-")


def test_words_are_parted_where_there_is_white(trained: Path, font: Font) -> None:
    image = Image.new("L", (900, 100), 255)
    ImageDraw.Draw(image).text((20, 70), "Two words here", fill=0, font=font.sized(60), anchor="ls")
    page = TextReader(trained).read(image)
    assert [len(word.text) for word in page.lines[0].words] == [3, 5, 4]


def test_the_segmentation_is_drawn(trained: Path, sheet: tuple[Path, Path]) -> None:
    grey = np.asarray(Image.open(sheet[0]).convert("L"))
    drawing = segmentation(layout(grey), Perceptron(trained))
    assert drawing.shape[0] > grey.shape[0]
    assert len(np.unique(drawing.reshape(-1, 3), axis=0)) > 3


def test_accents_belong_to_their_letters(font: Font) -> None:
    image = Image.new("L", (900, 120), 255)
    ImageDraw.Draw(image).text((20, 80), "ế i j ặ : ? Ử", fill=0, font=font.sized(60), anchor="ls")
    found = pieces(ink(np.asarray(image, np.uint8)))
    (line,) = lines(found)
    assert len(characters(found, line)) == 7


def test_a_grid_is_the_shape_of_its_ink_whatever_the_size(font: Font) -> None:
    grids, numbers = [], []
    for em in (30, 60, 120):
        image = Image.new("L", (6 * em, 2 * em), 255)
        ImageDraw.Draw(image).text((em, em), "xLx", fill=0, font=font.sized(em), anchor="ls")
        found = pieces(ink(np.asarray(image, np.uint8)))
        (line,) = lines(found)
        middle = characters(found, line)[1]
        grids.append(glyph(found, middle))
        numbers.append(geometry(middle, line))
    assert grids[0].shape == (15, 10)
    assert (grids[1] != grids[2]).mean() < 0.05
    assert (grids[0] != grids[2]).mean() < 0.1
    assert np.abs(numbers[1] - numbers[2]).max() < 0.4


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [lines[0][:-1], *lines[1:]], r"line 1: found 18 characters, but line 1 of .* has 17"),
        (lambda lines: [lines[0], lines[1] + "x", *lines[2:]], r"line 2: found 18 .* has 19; two may touch at position"),
        (lambda lines: lines[:-1], "found 4 lines of characters, but"),
    ],
)
def test_a_text_that_does_not_fit_its_picture_is_told_by_line(
    sheet: tuple[Path, Path], tmp_path: Path, change: object, told: str
) -> None:
    text = tmp_path / "chars.txt"
    text.write_text("\n".join(change(LINES)), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(DatasetError, match=told):
        from_picture(sheet[0], text, with_geometry=False, copies=0, rng=np.random.default_rng(0))


def test_the_lift_lets_a_saturated_output_learn() -> None:
    z, delta = np.array([[40.0, -40.0, 0.0]]), np.ones((1, 3))
    rng = np.random.default_rng(0)
    gradients = []
    for layer in (BipolarSigmoid(1.0), BipolarSigmoid(1.0, 0.05)):
        layer.build(3, np.dtype(np.float64))
        layer.forward(z, training=True, rng=rng)
        gradients.append(layer.backward(delta).copy())
    assert np.allclose(gradients[0], [[0, 0, 0.5]])
    assert np.allclose(gradients[1], [[0.05, 0.05, 0.55]])
