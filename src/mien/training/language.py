"""From texts to the n-grams that are worth their place (see ``text/language.py``)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.text.language import LanguageModel

_BITS: Final = np.uint64(8)
Keys = NDArray[np.uint64]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class _Order:
    """The n-grams of one length, rising: counts, interpolated chances; their contexts' totals and kinds of characters.

    backed: the chances after contexts that are a character shorter.
    """

    keys: Keys
    counts: Floats
    backed: Floats
    chances: Floats
    totals: Floats
    kinds: Floats


def language_model(
    texts: Iterable[tuple[Sequence[str], float]], alphabet: str, *, order: int, least_gain: float
) -> LanguageModel:
    """N-grams of texts, each with the weight of its characters, smoothed after Witten and Bell (1991, method C).

    Single characters are smoothed by adding one, so that each has a chance.

    An n-gram is left out where the texts would be less likely without it by no more than ``least_gain`` nats (Seymore and
    Rosenfeld 1996), unless a longer one that is kept begins with it.
    """
    orders = _counted(list(texts), alphabet, order)
    kept: list[NDArray[np.bool_]] = []
    needed: Keys = np.zeros(0, np.uint64)
    for length in range(order, 0, -1):
        grams = orders[length - 1]
        keep = np.isin(grams.keys, needed)
        if length == 1:
            keep[:] = True
        else:
            # Left out it is backed off to, with the weight that its context then has more.
            left = (grams.kinds + grams.counts) / (grams.totals + grams.kinds) * grams.backed
            keep |= grams.counts * np.log(grams.chances / left) > least_gain
        needed = np.unique(grams.keys[keep] >> _BITS)
        kept.insert(0, keep)
    return _backed_off(orders, kept)


def _counted(texts: list[tuple[Sequence[str], float]], alphabet: str, order: int) -> list[_Order]:
    """All n-grams up to ``order``; every text begins and ends with a space."""
    code = np.zeros(0x110000, np.uint8)
    code[[ord(character) for character in alphabet]] = np.arange(1, len(alphabet) + 1)
    # A zero between two texts: n-grams across it are left out.
    joined = [("\0".join(f" {paragraph} " for paragraph in paragraphs), weight) for paragraphs, weight in texts]
    coded = [(code[np.frombuffer(text.encode("utf-32-le"), np.uint32)].astype(np.uint64), weight) for text, weight in joined]
    grown = [(codes, codes > 0) for codes, _ in coded]
    orders: list[_Order] = []
    for length in range(1, order + 1):
        # Every character has some chance, seen or not.
        parts = [(np.arange(1, len(alphabet) + 1, dtype=np.uint64), np.zeros(len(alphabet)))] if length == 1 else []
        for (keys, whole), (_, weight) in zip(grown, coded, strict=True):
            found, counts = np.unique(keys[whole], return_counts=True)
            parts.append((found, (counts * weight).astype(np.float64)))
        unique, numbers = np.unique(np.concatenate([found for found, _ in parts]), return_inverse=True)
        totals = np.bincount(numbers, np.concatenate([counts for _, counts in parts]))
        orders.append(_interpolated(unique, totals, length, orders, len(alphabet)))
        nexts = [codes[length:] for codes, _ in coded]
        grown = [
            ((keys[:-1] << _BITS) | digits, whole[:-1] & (digits > 0))
            for (keys, whole), digits in zip(grown, nexts, strict=True)
        ]
    return orders


def _interpolated(keys: Keys, counts: NDArray[Any], length: int, orders: list[_Order], characters: int) -> _Order:
    _, places = np.unique(keys >> _BITS, return_inverse=True)
    totals, kinds = (np.bincount(places, values)[places].astype(np.float64) for values in (counts, None))
    if orders:
        shorter = orders[-1]
        backed = shorter.chances[np.searchsorted(shorter.keys, _suffix(keys, length))]
    else:
        backed = np.full(len(keys), 1 / characters)
    return _Order(keys, counts, backed, (counts + kinds * backed) / (totals + kinds), totals, kinds)


def _backed_off(orders: list[_Order], kept: list[NDArray[np.bool_]]) -> LanguageModel:
    """The n-grams kept, their contexts' weights such that the chances after every context sum to 1."""
    keys: list[Keys] = []
    chances: list[Floats] = []
    weights: list[Floats] = []
    for length, (grams, keep) in enumerate(zip(orders, kept, strict=True), 1):
        found = grams.keys[keep]
        if length == 1:
            own = grams.chances
        else:
            own = grams.counts[keep] / (grams.totals + grams.kinds)[keep]
            contexts, places = np.unique(found >> _BITS, return_inverse=True)
            left = 1 - np.bincount(places, own)
            weights[-1][np.searchsorted(keys[-1], contexts)] = left
            shorter = _chances(keys, chances, weights, _suffix(found, length), length - 1)
            own = own + left[places] * shorter
        keys.append(found)
        chances.append(own)
        weights.append(np.ones(len(found)))
    rising = np.argsort(np.concatenate(keys))
    logs = [np.log(np.concatenate(values))[rising].tolist() for values in (chances, weights)]
    return LanguageModel(len(orders), np.concatenate(keys)[rising].tolist(), *logs)


def _chances(keys: list[Keys], chances: list[Any], weights: list[Any], wanted: Keys, length: int) -> Floats:
    """Of n-grams of ``length``, through shorter ones where they are not kept."""
    known, places = _found(keys[length - 1], wanted)
    result = np.ones(len(wanted))
    result[known] = chances[length - 1][places]
    if length > 1 and not known.all():
        unknown = wanted[~known]
        weight = np.ones(len(unknown))
        has, context = _found(keys[length - 2], unknown >> _BITS)
        weight[has] = weights[length - 2][context]
        result[~known] = weight * _chances(keys, chances, weights, _suffix(unknown, length), length - 1)
    return result


def _found(keys: Keys, wanted: Keys) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Which of ``wanted`` are among the rising ``keys``, and where these lie."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    known = keys[places] == wanted
    return known, places[known]


def _suffix(keys: Keys, length: int) -> Keys:
    """The n-grams of ``length`` without their first character."""
    return keys & np.uint64((1 << 8 * (length - 1)) - 1)
