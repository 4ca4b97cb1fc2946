from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mien.datasets.fonts import Font
from mien.datasets.pages import print_page
from mien.text.ink import Grey, ink
from mien.text.page import lines, pieces
from mien.text.reader import layout
from mien.text.slant import levelled, slant
from mien.text.strip import BASELINE, STRIP_HEIGHT, X_HEIGHT, cut

TEXT = [
    "Mười hai con giáp được xếp theo thứ tự quen thuộc: chuột, trâu, hổ, mèo, rồng, rắn, ngựa, dê, khỉ, gà, chó, lợn.",
    "A line of English follows, with figures (1984) and a hyphen-ated word = two bars of one sign; is it whole?",
    "KHÔNG PHẢI CHỮ NHỎ NÀO CŨNG CÓ Ở ĐÂY",
] * 3


@pytest.fixture(scope="module")
def page(font: Font) -> tuple[Grey, int]:
    printed = print_page(TEXT, font, 34, size=(1400, 1000))
    return printed.grey, len(printed.lines)


def test_every_line_is_found_once_and_in_order(page: tuple[Grey, int]) -> None:
    grey, count = page
    found = lines(pieces(ink(grey)))
    assert len(found) == count
    assert [line.baseline for line in found] == sorted(line.baseline for line in found)


def test_baseline_and_x_height_are_the_fonts_own_in_capitals_too(page: tuple[Grey, int], font: Font) -> None:
    x_height = -font.sized(34).getbbox("x", anchor="ls")[1]
    for line in lines(pieces(ink(page[0]))):
        assert line.x_height == pytest.approx(x_height, abs=1.5)


def test_columns_are_read_one_after_the_other(font: Font) -> None:
    printed = print_page(TEXT * 3, font, 24, size=(1400, 1000), columns=2)
    found = lines(pieces(ink(printed.grey)))
    assert len(found) == len(printed.lines)
    assert sum(after.baseline < before.baseline for before, after in pairwise(found)) == 1


@pytest.mark.parametrize("degrees", [-7.0, -1.3, 0.0, 0.4, 5.2])
def test_skew_is_told_and_undone(page: tuple[Grey, int], degrees: float) -> None:
    height, width = page[0].shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    askew = ink(np.asarray(cv2.warpAffine(page[0], matrix, (width, height), borderValue=255.0), np.uint8))
    told = slant(pieces(askew))
    assert told.degrees == pytest.approx(degrees, abs=0.15)
    assert told.keystone == pytest.approx(0, abs=0.02)
    assert len(lines(pieces(levelled(askew, told)))) == page[1]


@pytest.mark.parametrize("far", [-60, 45])
def test_a_page_seen_from_a_side_is_levelled_and_its_boxes_find_their_way_back(page: tuple[Grey, int], far: int) -> None:
    grey, count = page
    height, width = grey.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = corners + np.array([(0, 20 + far), (0, 20), (0, 20), (0, 20 - far)], np.float32)
    view = cv2.getPerspectiveTransform(corners, seen)
    aside = np.asarray(cv2.warpPerspective(grey, view, (width, height), borderValue=255.0), np.uint8)
    found = layout(aside)
    assert len(found.lines) == count
    assert found.lie.keystone == pytest.approx(2 * far / width, rel=0.3)
    straight = layout(grey)
    for line, known in zip(found.lines, straight.lines, strict=True):
        middle = cv2.perspectiveTransform(np.array([[[(known.left + known.right) / 2, known.baseline]]], np.float32), view)[
            0, 0
        ]
        box = found.box(line.left, line.top, line.right, line.bottom)
        assert box.x <= middle[0] <= box.x + box.width
        assert box.y - 3 <= middle[1] <= box.y + box.height + 3


def test_light_on_dark_and_shadow_give_the_same_lines(page: tuple[Grey, int]) -> None:
    grey, count = page
    shade = np.linspace(0.35, 1, grey.shape[1])[None, :]
    for seen in (255 - grey, (grey * shade).astype(np.uint8), (grey // 3 + 120).astype(np.uint8)):
        assert len(lines(pieces(ink(seen)))) == count


def test_light_letters_in_a_dark_band_are_found_beside_dark_ones(font: Font) -> None:
    image = Image.new("L", (900, 400), 255)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 900, 130), fill=40)
    draw.text((60, 85), "Light on dark", fill=250, font=font.sized(50), anchor="ls")
    draw.text((60, 250), "Dark on light", fill=0, font=font.sized(50), anchor="ls")
    found = lines(pieces(ink(np.asarray(image, np.uint8))))
    assert [round(line.baseline) for line in found] == pytest.approx([85, 250], abs=2)


def test_the_bold_letters_of_a_close_cropped_line_are_no_band(font: Font) -> None:
    image = Image.new("L", (340, 44), 255)
    ImageDraw.Draw(image).text((4, 34), "LINE OF PRINT", fill=0, font=font.sized(36), anchor="ls", stroke_width=2)
    grey = np.asarray(image, np.uint8)
    assert np.abs(ink(grey).astype(int) - (255 - grey)).mean() < 5


def test_a_box_on_the_page_is_found_in_the_picture_however_it_was_turned(page: tuple[Grey, int]) -> None:
    grey = page[0]
    for quarters in range(4):
        turned_page = layout(np.ascontiguousarray(np.rot90(grey, -quarters)), quarters)
        line = turned_page.lines[0]
        box = turned_page.box(line.left, line.top, line.right, line.bottom)
        around = np.zeros(np.rot90(grey, -quarters).shape, bool)
        around[round(box.y) : round(box.y + box.height), round(box.x) : round(box.x + box.width)] = True
        upright = np.argwhere(np.rot90(around, quarters))
        assert np.abs(upright.min(axis=0) - [line.top, line.left]).max() <= 2
        assert np.abs(upright.max(axis=0) + 1 - [line.bottom, line.right]).max() <= 2


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.5, 40), st.floats(-20, 80), st.data())
def test_a_strip_has_its_height_wherever_it_is_cut(
    h: int, w: int, x_height: float, baseline: float, data: st.DataObject
) -> None:
    left = data.draw(st.integers(0, w - 1))
    right = data.draw(st.integers(left + 1, w))
    strip = cut(np.full((h, w), 255, np.uint8), left, right, baseline, x_height)
    assert strip.ink.shape[0] == STRIP_HEIGHT
    assert 1 <= strip.ink.shape[1] <= 4200


@pytest.mark.parametrize("x_height", [6.0, 13.0, 40.0])
def test_a_strip_puts_the_baseline_and_the_x_height_in_their_rows(x_height: float) -> None:
    size = round(8 * x_height)
    page = np.zeros((size, size), np.uint8)
    baseline = 5 * x_height
    page[round(baseline - x_height) : round(baseline), size // 4 : size // 2] = 255
    strip = cut(page, size // 4, size // 2, baseline, x_height)
    rows = np.flatnonzero(strip.ink.max(axis=1) > 127)
    assert rows[0] == pytest.approx(BASELINE - X_HEIGHT, abs=1)
    assert rows[-1] + 1 == pytest.approx(BASELINE, abs=1)
    columns = np.flatnonzero(strip.ink.max(axis=0) > 127)
    assert strip.column(float(columns[0])) == pytest.approx(size // 4, abs=max(1.5, 1.5 / strip.scale))


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 3), (64, 64)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_to_read_is_nothing(shape: tuple[int, int], level: int) -> None:
    assert layout(np.full(shape, level, np.uint8)).lines == []
