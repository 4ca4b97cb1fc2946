import pytest
import torch

from mien.training.architectures import ARCHITECTURES, parameter_counts, seed


def test_the_seeds_two_figures() -> None:
    assert parameter_counts(seed()) == (708_584, 711_784)


def test_the_seed_pools_down_to_one_pixel() -> None:
    features = seed()[:-6]
    assert features(torch.zeros(2, 1, 48, 48)).shape == (2, 256, 1, 1)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_gives_eight_logits(name: str) -> None:
    assert ARCHITECTURES[name]().eval()(torch.rand(3, 1, 48, 48)).shape == (3, 8)


@pytest.mark.parametrize(("name", "most"), [("seed", 711_784), ("mien", 711_783), ("mien-tiny", 174_000)])
def test_what_ships_is_small(name: str, most: int) -> None:
    assert parameter_counts(ARCHITECTURES[name]())[1] <= most
