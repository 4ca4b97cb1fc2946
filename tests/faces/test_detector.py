from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien import pictures
from mien.errors import ConfigError
from mien.faces.detector import DETECTORS, load_detector


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_finds_the_demo_face_once(name: str, demo: Path) -> None:
    (face,) = load_detector(name).detect(pictures.load(demo))
    assert abs(face.box.x + face.box.width / 2 - 224) < 15
    assert abs(face.box.y + face.box.height / 2 - 115) < 20
    assert 70 < face.box.width < 130
    assert face.score > 0.5


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
    face = load_detector(name).detect(large)[0]
    assert abs(face.box.x + face.box.width / 2 - 4 * 224) < 60


def test_an_unknown_detector_is_refused_with_the_list() -> None:
    with pytest.raises(ConfigError, match="no detector is called 'hoar'; there are: haar"):
        load_detector("hoar")
