"""How wrong a reading of text is."""

from collections.abc import Sequence


def edit_distance(reading: Sequence[object], truth: Sequence[object]) -> int:
    """The fewest insertions, deletions and substitutions that make one the other (Levenshtein 1966)."""
    previous = list(range(len(truth) + 1))
    for i, got in enumerate(reading, 1):
        current = [i]
        for j, expected in enumerate(truth, 1):
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (got != expected)))
        previous = current
    return previous[-1]
