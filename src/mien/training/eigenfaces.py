"""Eigenfaces (Sirovich & Kirby 1987; Turk & Pentland 1991): principal components of face pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from mien.faces.crop import CROP_SIDE, equalized
from mien.models.contract import Preparation

Floats = NDArray[np.float32]

PIXELS: Final = CROP_SIDE**2
# More pictures than this (460 MB of pixels) are gone through in portions, for at most so many components.
_AT_ONCE: Final = 50_000
_PORTION: Final = 4096
_MOST_OF_PORTIONS: Final = 512
_ROUNDING: Final = 1e-6
# Added to the variance of a picture's pixels (0..1), so that a flat picture divides by no zero.
FLAT: Final = 1e-4


def prepared(crops: NDArray[np.uint8], preparation: Preparation) -> Floats:
    """Rows of pixels (n, 2304) of grey crops (n, 48, 48): as they are in 0..1, equalised, or each of mean 0 and deviation 1."""
    rows = np.empty((len(crops), PIXELS), np.float32)
    for start in range(0, len(crops), _PORTION):  # whole temporaries would be three times the result
        part, chosen = rows[start : start + _PORTION], crops[start : start + _PORTION]
        part[:] = (equalized(chosen) if preparation == "equalize" else chosen).reshape(len(part), PIXELS)
        part /= 255
        if preparation == "standardize":
            part -= part.mean(axis=1, keepdims=True)
            part /= np.sqrt(part.var(axis=1, keepdims=True) + np.float32(FLAT))
    return rows


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a crop: rows ``top`` to ``bottom``, columns ``left`` to ``right``, in pixels, ends not included."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def pixels(self) -> NDArray[np.int64]:
        """The numbers of its pixels among all 2304."""
        numbers = np.arange(PIXELS).reshape(CROP_SIDE, CROP_SIDE)
        return numbers[self.top : self.bottom, self.left : self.right].flatten()


WHOLE: Final = Region(0, CROP_SIDE, 0, CROP_SIDE)
# Where FER+'s framing has them; "eigenfeatures" beside eigenfaces (Pentland, Moghaddam & Starner 1994).
EYES: Final = Region(10, 26, 4, 44)
MOUTH: Final = Region(28, 48, 8, 40)


@dataclass(frozen=True, slots=True)
class _Components:
    mean: Floats
    components: Floats
    variance: Floats
    total: float


def _components(crops: NDArray[np.uint8], region: Region, count: float, preparation: Preparation) -> _Components:
    from sklearn.decomposition import PCA, IncrementalPCA

    def rows(part: NDArray[np.uint8]) -> Floats:
        everything = prepared(part, preparation)
        return everything if region == WHOLE else everything[:, region.pixels]

    size = len(region.pixels)
    most = max(1, min(len(crops) - 1, size))
    wanted = most if count < 1 else min(int(count), most)
    if len(crops) <= _AT_ONCE:
        pca = PCA(wanted, svd_solver="covariance_eigh" if len(crops) > size else "full").fit(rows(crops))
    else:
        portions = np.array_split(crops, len(crops) // _PORTION)
        # More than are wanted, because what a portion leaves out is lost to the next.
        pca = IncrementalPCA(min(_MOST_OF_PORTIONS, size, *map(len, portions)))
        for portion in portions:
            pca.partial_fit(rows(portion))
    shares = np.cumsum(pca.explained_variance_ratio_)
    # Along the rest the crops do not differ but by rounding: divided by that, others' coefficients would drown all else.
    told = max(1, int((pca.explained_variance_ > _ROUNDING * pca.explained_variance_[0]).sum()))
    kept = min(int(np.searchsorted(shares, count)) + 1 if count < 1 else wanted, told)
    return _Components(
        pca.mean_.astype(np.float32),
        pca.components_[:kept].astype(np.float32),
        pca.explained_variance_[:kept].astype(np.float32),
        float(pca.explained_variance_[0] / pca.explained_variance_ratio_[0]),
    )


@dataclass(frozen=True, slots=True)
class Eigenfaces:
    """The mean face (2304,), the components (k, 2304) of length 1, the variance (k,) along each, the variance of all pixels.

    Components of a region are 0 elsewhere; the mean of pixels in no region is 0.
    """

    preparation: Preparation
    mean: Floats
    components: Floats
    variance: Floats
    total_variance: float

    @classmethod
    def fit(cls, crops: NDArray[np.uint8], parts: Sequence[tuple[Region, float]], preparation: Preparation) -> Self:
        """From grey crops (n, 48, 48).

        parts: regions that do not overlap, with the number of components of each if 1 or more, else the share of its
        variance that they should explain.
        """
        fitted = [(region, _components(crops, region, count, preparation)) for region, count in parts]
        mean = np.zeros(PIXELS, np.float32)
        components = np.zeros((sum(len(pca.variance) for _, pca in fitted), PIXELS), np.float32)
        start = 0
        for region, pca in fitted:
            end = start + len(pca.variance)
            mean[region.pixels] = pca.mean
            components[start:end, region.pixels] = pca.components
            start = end
        variance = np.concatenate([pca.variance for _, pca in fitted])
        return cls(preparation, mean, components, variance, sum(pca.total for _, pca in fitted))

    @property
    def parameters(self) -> int:
        """Numbers of mean and components."""
        return self.mean.size + self.components.size

    def project(self, crops: NDArray[np.uint8]) -> Floats:
        """Features (n, k): the coefficients, each divided by its standard deviation."""
        portions = np.array_split(crops, max(1, len(crops) // _PORTION))
        rows = [((prepared(p, self.preparation) - self.mean) @ self.components.T) for p in portions]
        return np.asarray(np.concatenate(rows) / np.sqrt(self.variance), np.float32)

    def rebuild(self, crop: NDArray[np.uint8], count: int) -> Floats:
        """The prepared crop (48, 48) as its first ``count`` components tell it."""
        coefficients = self.components[:count] @ (prepared(crop[None], self.preparation)[0] - self.mean)
        return np.asarray((self.mean + coefficients @ self.components[:count]).reshape(CROP_SIDE, CROP_SIDE), np.float32)
