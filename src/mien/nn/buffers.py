"""Arrays that are made once and used again, so that a training step allocates nothing after the first."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


class Buffers:
    """Named work space; a batch smaller than the largest so far gets the first rows of it."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype
        self._arrays: dict[str, Floats] = {}
        self._views: dict[str, Floats] = {}

    def __call__(self, name: str, shape: tuple[int, ...]) -> Floats:
        """The array of that name, of ``shape``; what it holds is whatever was left in it."""
        view = self._views.get(name)
        if view is not None and view.shape == shape:
            return view
        array = self._arrays.get(name)
        if array is None or array.shape[1:] != shape[1:] or len(array) < shape[0]:
            array = self._arrays[name] = np.empty(shape, self._dtype)
        view = self._views[name] = array[: shape[0]]
        return view
