import pytest
import torch

from mien.training.architectures import ARCHITECTURES, SqueezeExcite, parameter_counts, seed


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


def test_whole_channels_are_left_out_of_what_learns() -> None:
    gated = SqueezeExcite(64, 8, 0.25)
    x = torch.rand(4, 64, 3, 3) + 1
    torch.manual_seed(0)
    left_out = (gated(x) == 0).flatten(2)
    assert torch.equal(left_out.any(dim=2), left_out.all(dim=2))
    assert left_out.float().mean() == pytest.approx(0.25, abs=0.08)
    assert (gated.eval()(x) > 0).all()
