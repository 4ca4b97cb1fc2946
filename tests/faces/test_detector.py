from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien import pictures
from mien.errors import ConfigError, ModelError
from mien.faces.detector import HAAR, NetworkDetector, load_detector
from mien.models.catalog import FACE_DETECTOR

DETECTORS = (FACE_DETECTOR, HAAR)


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_finds_the_demo_face_once(name: str, demo: Path) -> None:
    face = max(load_detector(name).detect(pictures.load(demo)), key=lambda face: face.score)
    assert abs(face.box.x + face.box.width / 2 - 224) < 15
    assert abs(face.box.y + face.box.height / 2 - 115) < 20
    assert 70 < face.box.width < 130
    assert face.score > 0.4


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (500, 1, 3), (240, 320, 3)])
def test_every_detector_takes_pictures_without_faces(name: str, shape: tuple[int, int, int]) -> None:
    assert load_detector(name).detect(np.full(shape, 128, np.uint8)) == []


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_works_in_many_threads(name: str, demo: Path) -> None:
    detector, picture = load_detector(name), pictures.load(demo)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(detector.detect, [picture] * 12))
    assert all(faces == found[0] for faces in found)


@pytest.mark.parametrize("name", DETECTORS)
def test_boxes_of_large_pictures_are_in_their_own_pixels(name: str, demo: Path) -> None:
    large = cv2.resize(pictures.load(demo), (2048, 2048), interpolation=cv2.INTER_CUBIC)
    face = max(load_detector(name).detect(large), key=lambda face: face.score)
    assert abs(face.box.x + face.box.width / 2 - 4 * 224) < 60


def test_the_networks_landmarks_lie_where_the_face_has_them(demo: Path) -> None:
    face = max(load_detector(FACE_DETECTOR).detect(pictures.load(demo)), key=lambda face: face.score)
    assert face.landmarks is not None
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    # Measured by eye on the picture; "right" is the person's own.
    for point, x, y in (
        (right_eye, 205, 108),
        (left_eye, 241, 104),
        (nose, 224, 125),
        (right_mouth, 207, 140),
        (left_mouth, 246, 137),
    ):
        assert np.hypot(point[0] - x, point[1] - y) < 12


def test_the_landmarks_turn_with_the_face(demo: Path) -> None:
    picture, detector = pictures.load(demo), load_detector(FACE_DETECTOR)
    angles = []
    for turn in (-20, 0, 20):
        turned = cv2.warpAffine(picture, cv2.getRotationMatrix2D((224, 115), -turn, 1.0), (512, 512))
        face = max(detector.detect(turned), key=lambda face: face.score)
        assert face.landmarks is not None
        (x1, y1), (x2, y2) = face.landmarks[:2]
        angles.append(np.degrees(np.arctan2(y2 - y1, x2 - x1)))
    # It tells about a third of the turn; the card says so.
    assert angles[0] + 3 < angles[1] < angles[2] - 3


def test_smaller_faces_are_found_when_asked_for(demo: Path) -> None:
    picture = pictures.load(demo)
    canvas = np.full((480, 640, 3), 127, np.uint8)
    small = cv2.resize(picture[20:220, 120:320], (50, 50), interpolation=cv2.INTER_AREA)  # a face of 22 px
    canvas[200:250, 300:350] = small
    found = load_detector(FACE_DETECTOR, min_face=16).detect(canvas)
    assert any(
        abs(face.box.x + face.box.width / 2 - 326) < 8 and abs(face.box.y + face.box.height / 2 - 224) < 8 for face in found
    )


def test_a_lower_threshold_only_adds_faces(demo: Path) -> None:
    picture = pictures.load(demo)
    few, many = (NetworkDetector(threshold=t).detect(picture) for t in (0.5, 0.05))
    assert {face.box for face in few} <= {face.box for face in many}
    assert all(face.score >= 0.5 for face in few)


def test_an_unknown_detector_is_refused() -> None:
    with pytest.raises(ModelError, match="hoar: neither a shipped network"):
        load_detector("hoar")
    with pytest.raises(ModelError, match="seed: expected a detector, got a classifier"):
        load_detector("seed")
    with pytest.raises(ConfigError, match="min_face: expected 8 to 10000 pixels, got 2"):
        load_detector(FACE_DETECTOR, min_face=2)
    with pytest.raises(ConfigError, match="haar finds faces of its own sizes"):
        load_detector(HAAR, min_face=80)
