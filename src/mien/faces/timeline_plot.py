"""A picture of a timeline: one band a person, the eight probabilities as stacked areas over time."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from numpy.typing import NDArray

from mien.faces.drawing import COLOURS
from mien.faces.expressions import EXPRESSIONS
from mien.figures import new_figure
from mien.tables import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS: Final = 800
# Whoever is seen less than this share of the time of the longest seen would be a sliver.
_LEAST_SHARE: Final = 0.02
_MOST_BANDS: Final = 12


def plot_timeline(rows: Iterable[Row], start: float, end: float, title: str) -> "Figure":
    """The tracks seen longest, at most twelve, from ``start`` to ``end`` in seconds; white where a face was not seen.

    Memory does not grow with the rows: they are averaged over 800 stretches of time.
    """
    length = max(end - start, 1e-3)
    sums: dict[int, NDArray[np.float64]] = {}
    for row in rows:
        if row["track"] is not None:
            told = sums.setdefault(int(cast("int", row["track"])), np.zeros((_BINS, len(EXPRESSIONS) + 1)))
            place = int((float(cast("float", row["time"])) - start) / length * (_BINS - 1))
            told[place] += [1.0, *(float(cast("float", row[name])) for name in EXPRESSIONS)]
    longest = sorted(sums, key=lambda track: -np.count_nonzero(sums[track][:, 0]))[:_MOST_BANDS]
    most = max((np.count_nonzero(sums[track][:, 0]) for track in longest), default=0)
    shown = sorted(track for track in longest if np.count_nonzero(sums[track][:, 0]) >= _LEAST_SHARE * most)
    figure = new_figure(11, 1.2 + 1.3 * max(1, len(shown)))
    axes = figure.subplots(max(1, len(shown)), 1, sharex=True, squeeze=False)[:, 0]
    times = start + (np.arange(_BINS) + 0.5) / _BINS * length
    colours = [tuple(part / 255 for part in COLOURS[name]) for name in EXPRESSIONS]
    for axis, track in zip(axes, shown, strict=False):
        shares = _filled(sums[track])
        areas = axis.stackplot(times, shares.T, colors=colours, labels=EXPRESSIONS, linewidth=0)
        for area in areas:
            area.set_edgecolor("none")
        axis.set(ylim=(0, 1), yticks=[], xlim=(start, start + length))
        axis.set_ylabel(f"face {track}", rotation=0, ha="right", va="center")
        axis.spines[["top", "right", "left"]].set_visible(False)
    if shown:
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=8, frameon=False, fontsize=9)
    else:
        axes[0].text(0.5, 0.5, "no face seen", ha="center", transform=axes[0].transAxes)
    axes[-1].set_xlabel(f"{title}: seconds")
    return figure


def _filled(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean distributions (bins, 8); stretches without a reading take the last one's if that is near, else none."""
    seen = sums[:, 0] > 0
    typical = np.median(np.diff(np.flatnonzero(seen))) if seen.sum() > 1 else 1.0
    last = np.maximum.accumulate(np.where(seen, np.arange(_BINS), -_BINS))
    near = np.arange(_BINS) - last <= 2 * typical
    means = sums[:, 1:] / np.maximum(sums[:, :1], 1)
    return np.asarray(np.where(near[:, None], means[np.maximum(last, 0)], np.nan))
