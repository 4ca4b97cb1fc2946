"""What light, cameras and files do to a photo, drawn at random."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.pictures import Picture


def jittered(photo: NDArray[Any], rng: Generator) -> Picture:
    """Gamma and a gain for each colour."""
    gains, gamma = rng.uniform(0.8, 1.2, 3), math.exp(rng.uniform(-0.5, 0.5))
    return _levels(photo, ((np.arange(256) / 255) ** gamma * 255)[:, None] * gains)


def _levels(photo: NDArray[Any], table: NDArray[np.float64]) -> Picture:
    """Every level of every colour replaced by that of the table (256, 3)."""
    return np.asarray(cv2.LUT(photo, np.clip(table, 0, 255).astype(np.uint8).reshape(1, 256, 3)), np.uint8)


def tinted(crop: Picture, rng: Generator) -> Picture:
    """A grey face in the colours of skin, half of the time."""
    if rng.random() < 0.5:
        return crop
    return _levels(crop, np.arange(256)[:, None] * [rng.uniform(1.0, 1.3), 1.0, rng.uniform(0.6, 0.95)])


def colourful(photo: Picture, rng: Generator) -> Picture:
    """A photo in other colours, half of the time: most photos without faces are grey, and colour must be no cue."""
    if rng.random() < 0.5:
        return photo
    return _levels(photo, np.arange(256)[:, None] * rng.uniform(0.35, 1.35, 3) + rng.uniform(0, 40, 3))


def degraded(picture: NDArray[Any], rng: Generator) -> Picture:
    """What cameras and files do: light, grey, blur, few pixels, noise, JPEG; each now and then."""
    if rng.random() < 0.3:
        picture = jittered(picture, rng)
    if rng.random() < 0.35:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.5))
    if rng.random() < 0.4:
        side, fewer = len(picture), round(len(picture) * rng.uniform(0.45, 0.9))
        small = cv2.resize(picture, (fewer, fewer), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.15:
        noise = rng.normal(0, rng.uniform(2, 12), picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))]
        picture = np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR))
    return np.asarray(picture, np.uint8)
