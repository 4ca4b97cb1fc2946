"""Protocols: the named rules that say which pictures count and what their label is (Barsoum et al. 2016)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.faces.expressions import EXPRESSIONS

Votes = NDArray[np.uint8]
_K: Final = len(EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class Protocol:
    """A rule from votes (n, 10) to (kept (n,) bool, labels (n,) int64); the label of a picture left out means nothing."""

    name: str
    rule: str
    judge: Callable[[Votes], tuple[NDArray[np.bool_], NDArray[np.int64]]]


def _ferplus_8(votes: Votes) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    winner = votes.argmax(axis=1)
    return winner < _K, winner


def _ferplus_majority(votes: Votes) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    counted = np.where(votes > 1, votes, 0)
    winner = counted.argmax(axis=1)
    return (winner < _K) & (2 * counted.max(axis=1) > counted.sum(axis=1)), winner


def _ferplus_seed(votes: Votes) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    return np.ones(len(votes), bool), votes[:, :_K].argmax(axis=1)


PROTOCOLS: Final[dict[str, Protocol]] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "ferplus-8",
            "pictures whose most-voted of the ten columns is an expression (ties: first column); that one is the label",
            _ferplus_8,
        ),
        Protocol(
            "ferplus-majority",
            "pictures where, single votes zeroed, one expression has more than half of the votes left; that one is the label",
            _ferplus_majority,
        ),
        Protocol("ferplus-seed", "every picture; the label is the largest of the eight expression columns", _ferplus_seed),
    )
}


def vote_shares(votes: Votes) -> NDArray[np.float64]:
    """Distributions (n, 8): each picture's expression votes as shares; all zero where nobody named an expression."""
    counts = votes[:, :_K].astype(np.float64)
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares
