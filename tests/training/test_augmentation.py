import numpy as np
import pytest
import torch
from torch import Generator

from mien.training.augmentation import Augmentation

X = torch.rand(16, 1, 48, 48, generator=Generator().manual_seed(0))
TARGETS = torch.eye(8).repeat(2, 1)
ALL = Augmentation(
    rotation=20,
    shift=0.1,
    zoom=0.2,
    shear=10,
    flip=True,
    coarse=0.5,
    contrast=0.3,
    brightness=0.2,
    noise=0.1,
    erasing=0.7,
    mixup=0.4,
)


def smooth() -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.linspace(0, 1, 48), torch.linspace(0, 1, 48), indexing="ij")
    return (0.3 + 0.4 * rows * columns).expand(16, 1, 48, 48)


def test_no_augmentation_changes_nothing() -> None:
    x, targets = Augmentation()(X, TARGETS, Generator().manual_seed(1))
    torch.testing.assert_close(x, X, atol=1e-5, rtol=0)
    torch.testing.assert_close(targets, TARGETS)


def test_the_generator_decides_everything() -> None:
    first, again, other = (ALL(X, TARGETS, Generator().manual_seed(s)) for s in (1, 1, 2))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert not torch.equal(first[0], other[0])


def test_values_and_target_sums_stay() -> None:
    x, targets = ALL(X, TARGETS, Generator().manual_seed(1))
    assert x.shape == X.shape
    assert x.min() >= 0
    assert x.max() <= 1
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(16))


def test_flip_mirrors_about_half() -> None:
    x, _ = Augmentation(flip=True)(X, TARGETS, Generator().manual_seed(0))
    mirrored = [torch.allclose(a, b.flip(-1), atol=1e-4) for a, b in zip(x, X, strict=True)]
    kept = [torch.allclose(a, b, atol=1e-4) for a, b in zip(x, X, strict=True)]
    assert all(m != k for m, k in zip(mirrored, kept, strict=True))
    assert 3 < sum(mirrored) < 13


def test_rotation_turns_about_the_centre_by_the_drawn_angle() -> None:
    x, _ = Augmentation(rotation=30)(smooth(), TARGETS, Generator().manual_seed(0))
    angle = (2 * torch.rand(16, generator=Generator().manual_seed(0)) - 1) * 30
    for turned, degrees in zip(x, np.radians(angle.numpy()), strict=True):
        row, column = 24 + 8 * np.sin(degrees), 24 + 8 * np.cos(degrees)
        assert turned[0, 24, 32].item() == pytest.approx(0.3 + 0.4 * (row / 47) * (column / 47), abs=0.02)


def test_erasing_replaces_a_part_of_some() -> None:
    x, _ = Augmentation(erasing=0.5)(smooth(), TARGETS, Generator().manual_seed(0))
    changed = ((x - smooth()).abs() > 1e-4).float().mean(dim=(1, 2, 3))
    assert 2 < (changed > 0).sum() < 14
    assert changed.max() < 0.25


def test_a_coarse_picture_keeps_its_light_and_loses_its_detail() -> None:
    x, _ = Augmentation(coarse=0.5)(X, TARGETS, Generator().manual_seed(0))
    deviations = x.std(dim=(1, 2, 3)) / X.std(dim=(1, 2, 3))
    assert 3 < (deviations < 0.6).sum() < 13
    assert (deviations > 0.99).sum() == 16 - (deviations < 0.6).sum()
    torch.testing.assert_close(x.mean(dim=(1, 2, 3)), X.mean(dim=(1, 2, 3)), atol=0.01, rtol=0)


def test_noise_is_mostly_far_below_its_largest() -> None:
    many = torch.full((400, 1, 48, 48), 0.5)
    x, _ = Augmentation(noise=0.1)(many, torch.eye(8).repeat(50, 1), Generator().manual_seed(0))
    deviations = (x - many).std(dim=(1, 2, 3)).sort().values / 0.1
    # Of u^3, u uniform: the median is 1/8, a fifth lies above a half.
    assert deviations[-1] < 1.05
    assert deviations[200] == pytest.approx(1 / 8, abs=0.03)
    assert (deviations > 0.5).float().mean() == pytest.approx(1 - 0.5 ** (1 / 3), abs=0.05)


def test_the_parts_together_are_the_whole() -> None:
    news, worse = ALL.parted()
    assert (news.coarse, news.noise, news.mixup, news.rotation) == (0, 0, ALL.mixup, ALL.rotation)
    assert worse == Augmentation(flip=True, coarse=ALL.coarse, noise=ALL.noise)


def test_what_only_makes_pictures_worse_leaves_targets_alone() -> None:
    x, targets = ALL.parted()[1](X, TARGETS, Generator().manual_seed(2))
    assert torch.equal(targets, TARGETS)
    assert not torch.allclose(x, X)
