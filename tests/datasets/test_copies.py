import numpy as np

from mien.datasets.copies import find_copies


def test_copies_and_near_copies_are_found_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    originals = rng.integers(0, 256, (20, 48, 48), dtype=np.uint8)
    smooth = np.repeat(np.repeat(rng.integers(40, 200, (3, 12, 12)), 4, axis=1), 4, axis=2).astype(np.uint8)
    noisy = np.clip(smooth + rng.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8)
    crops = np.concatenate([rng.integers(0, 256, (5, 48, 48), dtype=np.uint8), originals[3:5], noisy, smooth // 2])
    found = find_copies(crops, np.concatenate([originals, smooth]))
    assert found.tolist() == [False] * 5 + [True] * 2 + [True] * 3 + [True] * 3


def test_flat_pictures_are_no_copies_of_anything() -> None:
    flat = np.full((2, 48, 48), 7, np.uint8)
    assert not find_copies(flat, flat).any()


def test_nothing_has_no_copies() -> None:
    none = np.zeros((0, 48, 48), np.uint8)
    assert find_copies(none, none).shape == (0,)
    assert not find_copies(np.ones((3, 48, 48), np.uint8), none).any()
