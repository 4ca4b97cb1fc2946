"""Learning-rate schedules: a function from the step (from 1) to the rate; no state, so resuming needs none."""

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """Always ``rate``."""
    return lambda _: rate


def exponential(rate: float, *, decay: float, every: int = 1) -> Schedule:
    """``rate`` at step 1, times ``decay`` after each ``every`` steps, in steps (``every`` 1: smoothly)."""
    return lambda step: rate * decay ** ((step - 1) // every)


def inverse_time(rate: float, *, half_after: int) -> Schedule:
    """Rate / (1 + (step - 1) / half_after): half after that many steps (Robbins & Monro's 1/t)."""
    return lambda step: rate / (1 + (step - 1) / half_after)


def cosine(rate: float, *, steps: int, warm_up: int = 0) -> Schedule:
    """Up in a line over ``warm_up`` steps, then down along half a cosine to 0 at ``steps`` (Loshchilov & Hutter 2017)."""

    def schedule(step: int) -> float:
        if step <= warm_up:
            return rate * step / warm_up
        done = min(1.0, (step - warm_up) / max(1, steps - warm_up))
        return rate * (1 + math.cos(math.pi * done)) / 2

    return schedule
