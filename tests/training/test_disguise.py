"""Changed faces keep their marks where the face then is, and leave the rest of the photo alone."""

import math
from pathlib import Path

import numpy as np
import pytest

from mien import pictures
from mien.pictures import Picture
from mien.training.canvas import Marks
from mien.training.disguise import bowed, disguised, turned_away, with_hat, with_something_before, with_sunglasses

BOX = np.array([186.0, 67.0, 80.0, 97.0])
LANDMARKS = np.array([[205.0, 108.0], [241.0, 104.0], [224.0, 125.0], [207.0, 140.0], [246.0, 137.0]])


@pytest.fixture(scope="module")
def photo(demo: Path) -> Picture:
    return pictures.load(demo)


def test_a_head_that_is_not_turned_stays_as_it_is(photo: Picture) -> None:
    turned, box, landmarks = turned_away(photo, BOX, LANDMARKS, 0.0)
    middle = (slice(90, 150), slice(200, 250))
    assert np.abs(turned[middle].astype(int) - photo[middle]).mean() < 2
    assert box == pytest.approx(BOX, abs=3)
    assert landmarks == pytest.approx(LANDMARKS, abs=1e-3)


@pytest.mark.parametrize("degrees", [-60, -30, 30, 60])
def test_a_head_turns_to_the_side_with_its_marks(photo: Picture, degrees: int) -> None:
    turned, box, landmarks = turned_away(photo, BOX, LANDMARKS, math.radians(degrees))
    side = math.copysign(1, degrees)
    assert side * (box[0] + box[2] / 2 - BOX[0] - BOX[2] / 2) > 0
    assert (side * (landmarks[:, 0] - LANDMARKS[:, 0]) > 0).all()
    assert box[2] < BOX[2]
    # The eyes draw together, the nose leaves the middle between them.
    assert landmarks[1, 0] - landmarks[0, 0] < LANDMARKS[1, 0] - LANDMARKS[0, 0]
    # What the photo shows at the nearer eye is now at that eye's new place.
    eye = 0 if degrees > 0 else 1
    before, after = (points[eye].round().astype(int) for points in (LANDMARKS, landmarks))
    known = photo[before[1] - 1 : before[1] + 2, before[0]].mean(axis=1)
    assert turned[after[1] - 1 : after[1] + 2, after[0]].mean(axis=1) == pytest.approx(known, abs=40)
    assert np.array_equal(turned[250:], photo[250:])


def test_sunglasses_darken_the_eyes_and_a_hat_covers_the_hair_alone(photo: Picture) -> None:
    rng, white = np.random.default_rng(0), np.full((8, 8, 3), 255, np.uint8)
    glasses = with_sunglasses(photo, LANDMARKS, rng)
    hat = with_hat(photo, BOX, LANDMARKS, white, rng)
    for x, y in LANDMARKS[:2].astype(int):
        assert np.abs(glasses[y, x].astype(int) - photo[y, x]).max() > 10
        assert np.array_equal(hat[y, x], photo[y, x])
    assert not np.array_equal(hat[75, 224], photo[75, 224])
    assert np.array_equal(glasses[130:], photo[130:])


def test_most_of_a_face_is_left_to_be_seen(photo: Picture) -> None:
    face = (slice(67, 164), slice(186, 266))
    for seed in range(20):
        changed = with_something_before(photo, BOX, photo[:64, :64], np.random.default_rng(seed))
        assert 0 < (changed[face] != photo[face]).any(axis=2).mean() < 0.6


def test_disguises_are_drawn_again_alike_and_change_no_other_face(photo: Picture) -> None:
    marks = Marks(np.stack([BOX, BOX + 200]), np.stack([LANDMARKS, LANDMARKS + 200]), np.ones(2, bool), np.zeros(2, bool))
    seen = set()
    for seed in range(30):
        first, again = (disguised(photo, marks, 0, lambda: photo, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(first[0], again[0])
        assert np.array_equal(first[1].boxes[1], marks.boxes[1])
        seen.add(first[0].tobytes())
    assert len(seen) > 10
    assert np.array_equal(marks.boxes[0], BOX)


def test_a_bowed_head_shows_its_hair_and_one_thrown_back_its_chin(photo: Picture) -> None:
    level, _, same = bowed(photo, BOX, LANDMARKS, 0.0)
    assert np.abs(level[90:150, 200:250].astype(int) - photo[90:150, 200:250]).mean() < 2
    assert same == pytest.approx(LANDMARKS, abs=1e-3)
    for degrees in (-20, 25):
        turned, box, landmarks = bowed(photo, BOX, LANDMARKS, math.radians(degrees))
        side = math.copysign(1, degrees)
        assert (side * (landmarks[:, 1] - LANDMARKS[:, 1]) > 0).all()
        assert side * (box[1] - BOX[1]) > 0
        assert box[0::2] == pytest.approx(BOX[0::2])
        # What the photo shows at an eye is now at that eye's new place.
        before, after = LANDMARKS[0].round().astype(int), landmarks[0].round().astype(int)
        known = photo[before[1], before[0] - 1 : before[0] + 2].mean(axis=1)
        assert turned[after[1], after[0] - 1 : after[0] + 2].mean(axis=1) == pytest.approx(known, abs=40)
        assert np.array_equal(turned[:, 350:], photo[:, 350:])
