"""A narrower network's weights as part of a wider one's, which then computes what the narrower one did."""

import torch
from torch import Tensor


@torch.no_grad()
def place(narrow: Tensor, wide: Tensor) -> None:
    """Puts a layer's weights ``narrow`` (filters, ...) in place of the first of ``wide``, which has no fewer of anything.

    Filters that are new read all that is there, and are not read by the old ones yet (Chen et al. 2016, "Net2Net", section
    2: it copies filters instead, which must be told apart).

    Raises:
        ValueError: they are no weights of such a pair.
    """
    if narrow.ndim != wide.ndim or any(a > b for a, b in zip(narrow.shape, wide.shape, strict=True)):
        raise ValueError(f"expected weights within {tuple(wide.shape)}, got {tuple(narrow.shape)}")
    if narrow.ndim > 1:
        wide[: len(narrow)] = 0
    wide[tuple(slice(size) for size in narrow.shape)] = narrow
