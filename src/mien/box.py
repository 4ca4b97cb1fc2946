"""A place in a picture."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in a picture, in pixels: left edge, top edge, width, height; it may reach over the border."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) for v in (self.x, self.y, self.width, self.height)):
            raise ValueError(f"a box needs four finite numbers, got {self}")
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"a box needs a width and a height above 0, got {self}")
