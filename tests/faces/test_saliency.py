import numpy as np
import pytest

from mien.faces.classifier import Classifier
from mien.faces.crop import CROP_SIDE
from mien.faces.face import Reading
from mien.faces.saliency import explanation, occlusion_map
from mien.models.catalog import DEFAULT_MODEL

READING = Reading((0.2, 0.8, 0, 0, 0, 0, 0, 0), "happiness", 0.9)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(DEFAULT_MODEL)


def test_covering_a_flat_crop_changes_nothing(classifier: Classifier) -> None:
    found = occlusion_map(classifier, np.full((CROP_SIDE, CROP_SIDE), 120, np.uint8))
    np.testing.assert_allclose(found, 0, atol=1e-6)


def test_only_what_differs_from_the_mean_can_matter(classifier: Classifier) -> None:
    crop = np.full((CROP_SIDE, CROP_SIDE), 120, np.uint8)
    crop[30:40, 12:36] = np.random.default_rng(0).integers(0, 240, (10, 24))
    found = occlusion_map(classifier, crop)
    assert found.shape == crop.shape
    assert np.abs(found).max() <= 1
    inside, far = np.abs(found[30:40, 12:36]).mean(), np.abs(found[:12]).mean()
    assert inside > 3 * far


def test_the_explanation_is_crop_map_and_reading_side_by_side() -> None:
    rng = np.random.default_rng(0)
    crop = rng.integers(0, 256, (CROP_SIDE, CROP_SIDE), dtype=np.uint8)
    importance = np.zeros((CROP_SIDE, CROP_SIDE))
    importance[:24] = 0.5
    importance[24:] = -0.5
    picture = explanation(crop, importance, READING)
    height, width = 240, 240
    left, middle = picture[:height, :width].astype(int), picture[:height, width : 2 * width].astype(int)
    assert (left[..., 0] == left[..., 2]).all()
    assert (middle[:100, :, 0] > middle[:100, :, 2]).all()
    assert (middle[140:, :, 0] < middle[140:, :, 2]).all()
    assert picture.shape[1] > 2 * width
