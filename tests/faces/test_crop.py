import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.box import Box
from mien.faces.crop import CROP_SIDE, FERPLUS_FRAMING, crop_faces, frame
from mien.faces.face import Face
from mien.models.contract import CropRule

PLAIN = CropRule(side=CROP_SIDE, margin=1.0, offset_x=0.0, offset_y=0.0, upright=True)


def face(x: float, y: float, width: float, height: float | None = None) -> Face:
    return Face(Box(x, y, width, height or width), 1.0)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_box_of_the_crops_own_size_is_copied_pixel_by_pixel() -> None:
    picture = noise(100, 120)
    crop = crop_faces(picture, [face(10, 20, 48)], PLAIN)[0]
    np.testing.assert_array_equal(crop, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[20:68, 10:58])


@pytest.mark.parametrize("times", [2, 3, 7])
def test_a_whole_multiple_is_the_mean_of_blocks(times: int) -> None:
    picture = noise(400, 400)
    crop = crop_faces(picture, [face(5, 9, 48 * times)], PLAIN)[0]
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[9 : 9 + 48 * times, 5 : 5 + 48 * times]
    blocks = grey.reshape(48, times, 48, times).mean(axis=(1, 3))
    assert np.abs(crop - blocks).max() <= 1


def test_enlarging_keeps_the_picture_in_place() -> None:
    ramp = np.repeat(np.linspace(0, 240, 24).astype(np.uint8)[None, :, None], 24, axis=0).repeat(3, axis=2)
    crop = crop_faces(ramp, [face(0, 0, 24)], PLAIN)[0]
    np.testing.assert_allclose(crop[24, 2:-2].astype(float), cv2.resize(ramp[..., 0], (48, 48))[24, 2:-2], atol=2)


def test_outside_the_picture_its_border_goes_on() -> None:
    picture = np.full((50, 50, 3), 90, np.uint8)
    assert (crop_faces(picture, [face(-30, -30, 200)], PLAIN) == 90).all()


def test_the_longer_side_of_the_box_decides() -> None:
    rule = CropRule(side=48, margin=1.5, offset_x=0.1, offset_y=-0.1, upright=False)
    assert frame(face(100, 100, 20, 40), rule) == pytest.approx((110 + 4, 120 - 4, 60, 0))


@pytest.mark.parametrize("degrees", [-170, -90, -30, 12, 45])
def test_a_turned_face_gives_the_crop_of_the_upright_one(degrees: float) -> None:
    rule = CropRule(side=CROP_SIDE, margin=1.2, offset_x=0.05, offset_y=-0.1, upright=True)
    picture = cv2.normalize(cv2.GaussianBlur(noise(300, 300), (0, 0), 4), None, 0, 255, cv2.NORM_MINMAX)
    points = np.array([[130, 130], [170, 130], [150, 150], [135, 170], [165, 170]], float)
    upright = Face(Box(110, 110, 80, 80), 1.0, tuple(map(tuple, points)))
    # OpenCV turns anticlockwise, about pixel centres: 149.5 is the middle of 300 pixels.
    matrix = cv2.getRotationMatrix2D((149.5, 149.5), -degrees, 1)
    turned_picture = cv2.warpAffine(picture, matrix, (300, 300), flags=cv2.INTER_CUBIC)
    turned_points = (points - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    turned = Face(Box(110, 110, 80, 80), 1.0, tuple(map(tuple, turned_points)))
    expected, got = crop_faces(picture, [upright], rule), crop_faces(turned_picture, [turned], rule)
    assert np.abs(expected.astype(int) - got).mean() < 1.5
    lying = CropRule(side=CROP_SIDE, margin=1.2, offset_x=0.05, offset_y=-0.1, upright=False)
    assert np.abs(expected.astype(int) - crop_faces(turned_picture, [turned], lying)).mean() > 4


def test_a_very_wide_picture_is_cropped_like_a_part_of_it() -> None:
    wide = np.zeros((100, 40_000, 3), np.uint8)
    wide[:, 35_000:35_100] = noise(100, 100)
    part = np.ascontiguousarray(wide[:, 34_950:35_150])
    for size in (30.0, 77.7):
        expected = crop_faces(part, [face(60, 10, size)], FERPLUS_FRAMING)
        np.testing.assert_array_equal(crop_faces(wide, [face(35_010, 10, size)], FERPLUS_FRAMING), expected)


def test_no_faces_give_no_crops() -> None:
    assert crop_faces(noise(9, 9), [], FERPLUS_FRAMING).shape == (0, CROP_SIDE, CROP_SIDE)


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(0.1, 4000))
def test_any_box_gives_a_crop_within_the_pictures_values(x: float, y: float, size: float) -> None:
    picture = np.full((30, 40, 3), 100, np.uint8)
    picture[10:20] = 140
    crop = crop_faces(picture, [face(x, y, size)], FERPLUS_FRAMING)
    assert crop.shape == (1, 48, 48)
    assert crop.min() >= 100
    assert crop.max() <= 140
