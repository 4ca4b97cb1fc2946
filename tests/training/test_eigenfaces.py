"""Eigenfaces against the definition, and what rebuilding and projecting must keep."""

import numpy as np
import pytest

from mien.models.contract import Preparation
from mien.training import eigenfaces
from mien.training.eigenfaces import EYES, MOUTH, PIXELS, WHOLE, Eigenfaces, prepared

RNG = np.random.default_rng(0)
# Faces of a few hidden numbers and a little noise, so that few components explain much.
HIDDEN = RNG.normal(size=(120, 6)) @ RNG.normal(size=(6, PIXELS)) * 12 + 128 + RNG.normal(size=(120, PIXELS))
CROPS = np.clip(HIDDEN, 0, 255).astype(np.uint8).reshape(-1, 48, 48)


@pytest.mark.parametrize("preparation", ["none", "equalize", "standardize"])
def test_the_components_are_those_of_the_covariance(preparation: Preparation) -> None:
    found = Eigenfaces.fit(CROPS, [(WHOLE, 5)], preparation)
    rows = prepared(CROPS, preparation).astype(np.float64)
    _, singular, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(found.variance, (singular**2 / (len(rows) - 1))[:5], rtol=1e-3)
    np.testing.assert_allclose(np.abs((found.components * directions[:5]).sum(axis=1)), 1, atol=1e-3)
    assert found.total_variance == pytest.approx((singular**2).sum() / (len(rows) - 1), rel=1e-3)


def test_projections_have_deviation_one_and_do_not_correlate() -> None:
    features = Eigenfaces.fit(CROPS, [(WHOLE, 5)], "standardize").project(CROPS)
    np.testing.assert_allclose(np.cov(features.T), np.eye(5), atol=2e-2)


@pytest.mark.parametrize("copies", [1, 2])
def test_what_is_no_more_than_rounding_is_no_component(copies: int) -> None:
    few = np.concatenate([CROPS[:30]] * copies)
    found = Eigenfaces.fit(few, [(WHOLE, 200)], "standardize")
    assert len(found.components) == 29
    assert np.abs(found.project(CROPS[60:])).max() < 100


def test_a_share_of_the_variance_chooses_the_fewest_components_that_reach_it() -> None:
    for share in (0.5, 0.9):
        found = Eigenfaces.fit(CROPS, [(WHOLE, share)], "standardize")
        explained = np.cumsum(found.variance) / found.total_variance
        assert explained[-1] >= share > (explained[-2] if len(explained) > 1 else 0)


def test_more_components_rebuild_a_face_better() -> None:
    found = Eigenfaces.fit(CROPS, [(WHOLE, 100)], "standardize")
    face = prepared(CROPS[:1], "standardize")[0].reshape(48, 48)
    errors = [np.square(found.rebuild(CROPS[0], count) - face).mean() for count in (1, 5, 20, 100)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.2 * errors[0]


def test_portions_give_nearly_the_same_components_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Eigenfaces.fit(CROPS, [(WHOLE, 5)], "standardize")
    monkeypatch.setattr(eigenfaces, "_AT_ONCE", 10)
    monkeypatch.setattr(eigenfaces, "_PORTION", 40)
    portions = Eigenfaces.fit(CROPS, [(WHOLE, 5)], "standardize")
    assert np.abs((whole.components * portions.components).sum(axis=1)).min() > 0.98


def test_regions_have_components_of_their_own_that_stay_orthogonal() -> None:
    found = Eigenfaces.fit(CROPS, [(MOUTH, 4), (EYES, 3)], "standardize")
    np.testing.assert_allclose(found.components @ found.components.T, np.eye(7), atol=1e-4)
    faces = found.components.reshape(-1, 48, 48) != 0
    assert faces[:4, MOUTH.top : MOUTH.bottom].any() and not faces[:4, : MOUTH.top].any()
    assert not faces[4:, EYES.bottom :].any()


def test_a_flat_crop_is_prepared_without_a_warning() -> None:
    assert np.isfinite(prepared(np.full((1, 48, 48), 7, np.uint8), "standardize")).all()
