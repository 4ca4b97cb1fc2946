"""What portraits lack and crowds are full of: heads turned or bowed, sunglasses, hats, things before the face, hard light."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.pictures import Picture
from mien.training.canvas import Marks

Floats = NDArray[np.floating[Any]]

# A head as an ellipsoid: half its width and height in those of its face's box, its middle so far above the box's.
_HALF_WIDTH: Final = 0.53
_HALF_HEIGHT: Final = 0.68
_ABOVE: Final = 0.1
# How far the tip of the nose stands out, and how wide the nose is, in half widths of the head.
_NOSE: Final = 0.22
_NOSE_WIDTH: Final = 0.2
# Farther from the middle of the face than this, a photo shows the edge of the head or what is behind it.
_KNOWN: Final = math.radians(65)
# A box ends before the ear; the more a head is turned, the nearer at its ear.
_TO_THE_EAR: Final = 0.3

# How often; a head turned further than this shows too little of the second eye for glasses.
_TURNED, _BOWED, _GLASSES, _HAT, _BEFORE, _LIT = 0.35, 0.25, 0.2, 0.2, 0.2, 0.15
_FARTHEST: Final = math.radians(70)
_BACK, _FORWARD = math.radians(-25), math.radians(30)
_BOTH_EYES: Final = math.radians(40)


def disguised(photo: Picture, marks: Marks, face: int, stuff: Callable[[], Picture], rng: Generator) -> tuple[Picture, Marks]:
    """A photo with one of its faces, whose marks are exact, changed in some of these ways, or as it was.

    stuff: gives another photo, for hats and what is before the face.
    """
    boxes, landmarks = marks.boxes.copy(), marks.landmarks.copy()
    yaw = rng.uniform(-_FARTHEST, _FARTHEST) if rng.random() < _TURNED else 0.0
    if yaw:
        photo, boxes[face], landmarks[face] = turned_away(photo, boxes[face], landmarks[face], yaw)
    if rng.random() < _BOWED:
        pitch = rng.uniform(_BACK, _FORWARD)
        photo, boxes[face], landmarks[face] = bowed(photo, boxes[face], landmarks[face], pitch)
    if rng.random() < _GLASSES and abs(yaw) < _BOTH_EYES:
        photo = with_sunglasses(photo, landmarks[face], rng)
    if rng.random() < _HAT:
        photo = with_hat(photo, boxes[face], landmarks[face], stuff(), rng)
    if rng.random() < _BEFORE:
        photo = with_something_before(photo, boxes[face], stuff(), rng)
    if rng.random() < _LIT:
        photo = in_hard_light(photo, boxes[face], rng)
    return photo, replace(marks, boxes=boxes, landmarks=landmarks)


def turned_away(photo: Picture, box: Floats, landmarks: Floats, yaw: float) -> tuple[Picture, Floats, Floats]:
    """The photo with the head of one face turned, and the face's box (4,) and landmarks (5, 2) then.

    yaw: in radians, up to about 1.4 either way; positive turns it to the right of the picture. The head is taken for an
    ellipsoid with a nose; what comes into view behind it repeats its edge. That does for the pixels a detector sees.
    """
    head = _Head.of(box)
    turned, points = head.rotated(photo, landmarks, yaw)
    edge = math.asin(0.5 / _HALF_WIDTH)
    near = -math.sin(edge + (_TO_THE_EAR - 1) * abs(yaw))
    # Of a profile the nose is the edge.
    nose = math.copysign(1, yaw) * (points[2, 0] - head.middle[0]) / head.half[0]
    far = max(math.sin(min(edge + abs(yaw), math.pi / 2)), nose)
    left, right = (near, far) if yaw > 0 else (-far, -near)
    return turned, np.array([head.middle[0] + left * head.half[0], box[1], (right - left) * head.half[0], box[3]]), points


def bowed(photo: Picture, box: Floats, landmarks: Floats, pitch: float) -> tuple[Picture, Floats, Floats]:
    """As ``turned_away``; pitch: in radians, up to about 0.7; positive bows the head, negative throws it back."""
    lying = _Head.of(box).lying()
    turned, points = lying.rotated(photo.transpose(1, 0, 2), landmarks[:, ::-1], pitch)
    angles = np.arcsin((box[1] + np.array([0, box[3]]) - lying.middle[0]) / lying.half[0]) + pitch
    top, bottom = lying.middle[0] + lying.half[0] * np.sin(np.clip(angles, -math.pi / 2, math.pi / 2))
    upright = np.ascontiguousarray(turned.transpose(1, 0, 2))
    return upright, np.array([box[0], top, box[2], bottom - top]), points[:, ::-1]


@dataclass(frozen=True, slots=True)
class _Head:
    """The ellipsoid that a head is taken for: its middle and its half axes in the picture, (2,) each, x before y."""

    middle: Floats
    half: Floats

    @classmethod
    def of(cls, box: Floats) -> "_Head":
        """The head of a face's box."""
        return cls(box[:2] + box[2:] * (0.5, 0.5 - _ABOVE), np.array([_HALF_WIDTH, _HALF_HEIGHT]) * box[2:])

    def lying(self) -> "_Head":
        """The same in a picture whose rows and columns are swapped: to bow is to turn there."""
        return _Head(self.middle[::-1], self.half[::-1])

    def rotated(self, photo: Picture, landmarks: Floats, angle: float) -> tuple[Picture, Floats]:
        """The photo with the head turned by ``angle``, in radians, towards larger x; the landmarks (5, 2) then."""
        middle, half = self.middle, self.half
        points = (landmarks - middle) / half
        nose = points[2]
        left, top = np.maximum(np.floor(middle - 1.3 * half), 0).astype(int)
        right, bottom = np.minimum(np.ceil(middle + 1.3 * half), photo.shape[1::-1]).astype(int)
        u = ((np.arange(left, right, dtype=np.float32) + 0.5 - middle[0]) / half[0])[None, :]
        v = ((np.arange(top, bottom, dtype=np.float32) + 0.5 - middle[1]) / half[1])[:, None]
        radius = np.sqrt(np.clip(1 - v**2, 1e-6, None))
        # Which point of the face is seen at u hangs on how far that point stands out. Beginning with the nose finds it
        # where two are in line: it is in front.
        source = np.full((1, 1), nose[0], np.float32)
        known = (-_KNOWN, math.pi / 2) if angle > 0 else (-math.pi / 2, _KNOWN)
        for _ in range(3):
            seen = u - _stands_out(source, v, nose) * math.sin(angle)
            before = np.arcsin(np.clip(seen / radius, -1, 1)) - angle
            source = np.where(np.abs(seen) < radius, radius * np.sin(np.clip(before, *known)), u)
        turned = photo.copy()
        x = np.asarray(source * half[0] + middle[0] - 0.5, np.float32)
        y = np.repeat(np.arange(top, bottom, dtype=np.float32)[:, None], right - left, axis=1)
        turned[top:bottom, left:right] = cv2.remap(photo, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return turned, _points_rotated(points, angle) * half + middle


def _points_rotated(points: Floats, angle: float) -> Floats:
    radius = np.sqrt(np.clip(1 - points[:, 1] ** 2, 0.1, None))
    at = np.arcsin(np.clip(points[:, 0] / radius, -1, 1)) + angle
    out = _stands_out(points[:, 0], points[:, 1], points[2]) * math.sin(angle)
    return np.column_stack([radius * np.sin(at) + out, points[:, 1]])


def _stands_out(u: Floats, v: Floats, nose: Floats) -> Floats:
    across, down = (np.exp(-(((at - of) / _NOSE_WIDTH) ** 2)) for at, of in ((u, nose[0]), (v, nose[1])))
    return np.asarray(_NOSE * across * down)


def with_sunglasses(photo: Picture, landmarks: Floats, rng: Generator) -> Picture:
    """Dark glasses before the eyes, now and then of another colour, of any size that they are made in."""
    eyes, across = landmarks[:2].mean(axis=0), landmarks[1] - landmarks[0]
    apart = max(1.0, float(np.hypot(*across)))
    tilt = math.degrees(math.atan2(across[1], across[0]))
    colour = rng.integers(0, 60, 3) if rng.random() < 0.8 else rng.integers(0, 200, 3)
    lens = np.array([rng.uniform(0.3, 0.46), rng.uniform(0.2, 0.36)]) * apart
    mask = np.zeros(photo.shape[:2], np.uint8)
    for eye in landmarks[:2]:
        outward = eye + 0.06 * (eye - eyes) + (0, rng.uniform(0, 0.08) * apart)
        _ellipse(mask, outward, lens, tilt)
    ends = [tuple(np.round(eyes + side * across).astype(int).tolist()) for side in (-1.0, 1.0)]
    cv2.line(mask, ends[0], ends[1], 255, max(1, round(0.06 * apart)))
    return _filled(photo, mask, np.asarray(colour, np.float64), rng.uniform(0.75, 1.0))


def with_hat(photo: Picture, box: Floats, landmarks: Floats, stuff: Picture, rng: Generator) -> Picture:
    """Cloth of ``stuff``, another photo, from the brows upwards, now and then about the cheeks too: a hat, a helmet, a hood."""
    apart = max(1.0, float(np.hypot(*(landmarks[1] - landmarks[0]))))
    brim = landmarks[:2].mean(axis=0) - (0, rng.uniform(0.25, 0.6) * apart)
    mask = np.zeros(photo.shape[:2], np.uint8)
    size = np.array([rng.uniform(0.6, 0.8) * box[2], rng.uniform(0.35, 0.8) * box[3]])
    _ellipse(mask, brim, size, rng.uniform(-8, 8))
    mask[max(0, round(brim[1])) :] = 0
    if rng.random() < 0.5:
        _ellipse(mask, brim, size * (rng.uniform(1.0, 1.3), rng.uniform(0.1, 0.25)), rng.uniform(-8, 8))
    if rng.random() < 0.25:  # a hood or a scarf leaves only the face
        face = np.zeros_like(mask)
        _ellipse(mask, box[:2] + box[2:] / 2, 0.75 * box[2:], 0)
        _ellipse(face, box[:2] + box[2:] * (0.5, 0.55), box[2:] * (rng.uniform(0.36, 0.48), rng.uniform(0.42, 0.5)), 0)
        mask[face > 0] = 0
    return _filled(photo, mask, _cloth(stuff, photo.shape, rng), 1.0)


def with_something_before(photo: Picture, box: Floats, stuff: Picture, rng: Generator) -> Picture:
    """A piece of ``stuff``, another photo, before a part of the face: a hand, a camera, a sign, somebody's shoulder."""
    mask = np.zeros(photo.shape[:2], np.uint8)
    angle = rng.uniform(0, 2 * math.pi)
    reach = rng.uniform(0.4, 0.7)
    middle = box[:2] + box[2:] * (0.5 + reach * math.cos(angle), 0.5 + reach * math.sin(angle))
    size = rng.uniform(0.2, 0.55, 2) * box[2:]
    if rng.random() < 0.5:
        _ellipse(mask, middle, size, rng.uniform(0, 180))
    else:
        corners = cv2.boxPoints((tuple(middle.tolist()), tuple((2 * size).tolist()), float(rng.uniform(-30, 30))))
        cv2.fillConvexPoly(mask, np.round(corners).astype(np.int32), 255)
    return _filled(photo, mask, _cloth(stuff, photo.shape, rng), 1.0)


def in_hard_light(photo: Picture, box: Floats, rng: Generator) -> Picture:
    """Light from one side of the face: the other is in shadow."""
    angle = rng.uniform(0, 2 * math.pi)
    rows, columns = np.mgrid[: photo.shape[0], : photo.shape[1]].astype(np.float32)
    middle = box[:2] + box[2:] / 2
    along = ((columns - middle[0]) * math.cos(angle) + (rows - middle[1]) * math.sin(angle)) / max(1.0, float(box[2]))
    dark = rng.uniform(0.15, 0.6)
    light = dark + (rng.uniform(0.9, 1.4) - dark) / (1 + np.exp(-rng.uniform(2, 10) * (along - rng.uniform(-0.3, 0.3))))
    return np.asarray(np.clip(photo * light[..., None], 0, 255), np.uint8)


def _ellipse(mask: NDArray[np.uint8], middle: Floats, half: Floats, degrees: float) -> None:
    axes = (max(1.0, float(2 * half[0])), max(1.0, float(2 * half[1])))
    cv2.ellipse(mask, ((float(middle[0]), float(middle[1])), axes, degrees), 255, cv2.FILLED)


def _cloth(stuff: Picture, shape: tuple[int, ...], rng: Generator) -> NDArray[Any]:
    """Of the photo's size: a part of other stuff, or one colour."""
    if rng.random() < 0.4:
        return np.asarray(rng.integers(0, 256, 3), np.float64)
    return np.asarray(cv2.resize(stuff, (shape[1], shape[0]), interpolation=cv2.INTER_AREA))


def _filled(photo: Picture, mask: NDArray[np.uint8], filling: NDArray[Any], cover: float) -> Picture:
    covered, seen = photo.copy(), mask > 0
    inner = filling[seen] if filling.ndim == 3 else filling
    covered[seen] = photo[seen] * (1 - cover) + inner * cover + 0.5
    return covered
