"""Faces keep their numbers."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mien.box import Box
from mien.faces.face import Face
from mien.faces.tracking import Tracker


def crop(seed: int) -> NDArray[np.uint8]:
    """What a face looks like: coarse random patches, others for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6))
    return np.kron(coarse, np.ones((8, 8))).astype(np.uint8)


def face(x: float, y: float, size: float = 80) -> Face:
    return Face(Box(x - size / 2, y - size / 2, size, size), 0.9)


def test_a_face_keeps_its_number_as_it_moves_and_a_new_one_gets_its_own() -> None:
    tracker = Tracker()
    for k in range(20):
        assert tracker.follow(k / 10, [face(100 + 12 * k, 100)], np.stack([crop(0)])) == [1]
    assert tracker.follow(2.0, [face(600, 300), face(340, 100)], np.stack([crop(1), crop(0)])) == [2, 1]


@pytest.mark.parametrize("looks", [(0, 1), (0, 0)])
def test_crossing_faces_keep_their_numbers_by_their_way_alone(looks: tuple[int, int]) -> None:
    tracker = Tracker()
    for k in range(41):
        faces = [face(100 + 10 * k, 200), face(500 - 10 * k, 230)]
        seen = [0] if 17 <= k <= 23 else [0, 1]  # the one behind is hidden
        numbers = tracker.follow(k / 10, [faces[i] for i in seen], np.stack([crop(looks[i]) for i in seen]))
        assert numbers == [i + 1 for i in seen]


def test_looks_tell_who_comes_back_elsewhere() -> None:
    tracker = Tracker()
    for k in range(10):
        tracker.follow(k / 10, [face(200, 200), face(320, 200)], np.stack([crop(0), crop(1)]))
    assert tracker.follow(1.6, [face(320, 200), face(200, 200)], np.stack([crop(0), crop(1)])) == [1, 2]


def test_after_a_long_absence_the_number_is_a_new_one() -> None:
    tracker = Tracker(keep=1.0)
    tracker.follow(0.0, [face(200, 200)], np.stack([crop(0)]))
    assert tracker.follow(0.9, [face(200, 200)], np.stack([crop(0)])) == [1]
    assert tracker.follow(2.0, [face(200, 200)], np.stack([crop(0)])) == [2]


def test_no_faces_are_no_trouble() -> None:
    tracker = Tracker()
    none = np.empty((0, 48, 48), np.uint8)
    assert tracker.follow(0.0, [], none) == []
    tracker.follow(0.1, [face(50, 50)], np.stack([crop(0)]))
    assert tracker.follow(0.2, [], none) == []


@given(st.lists(st.tuples(st.floats(0, 640), st.floats(0, 480), st.floats(5, 300)), min_size=1, max_size=6), st.integers(0, 99))
def test_numbers_are_unique_in_a_frame_and_a_restored_tracker_goes_on_alike(
    places: list[tuple[float, float, float]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    tracker, restored = Tracker(), Tracker()
    for k in range(6):
        chosen = [place for place in places if rng.random() < 0.8]
        faces = [face(x + rng.normal(0, 3), y, size) for x, y, size in chosen]
        crops = np.array([crop(i) for i in range(len(faces))], np.uint8).reshape(-1, 48, 48)
        restored.restore(json.loads(json.dumps(tracker.state())))
        numbers = tracker.follow(k / 10, faces, crops)
        assert len(set(numbers)) == len(numbers) == len(faces)
        assert restored.follow(k / 10, faces, crops) == numbers


def test_the_filter_learns_the_speed() -> None:
    tracker = Tracker()
    for k in range(30):
        tracker.follow(k / 10, [face(100 + 15 * k, 300 - 5 * k)], np.stack([crop(0)]))
    velocity = tracker.state()["tracks"][0]["velocity"]
    assert math.dist(velocity[:2], (150, -50)) < 5
