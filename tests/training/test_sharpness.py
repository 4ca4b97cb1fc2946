"""Where sharpness-aware steps take their gradient: against the formula, and that nothing is left changed."""

import copy

import pytest
import torch
from torch import Tensor, nn

from mien.training.sharpness import uphill


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 3))


def _loss(network: nn.Module) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return nn.functional.cross_entropy(network(torch.rand(6, 1, 8, 8, generator=generator)), torch.arange(6) % 3)


def test_the_weights_stand_where_the_formula_says() -> None:
    network = _network()
    weights = [network[0].weight, network[4].weight]
    gradients = torch.autograd.grad(_loss(network), weights)
    scaled = torch.stack([w.norm() * g.norm() for w, g in zip(weights, gradients, strict=True)])
    wanted = [w + 0.1 * w.norm() ** 2 * g / scaled.norm() for w, g in zip(weights, gradients, strict=True)]
    shares = torch.stack([(to - w).norm() / w.norm() for w, to in zip(weights, wanted, strict=True)])
    assert shares.norm().item() == pytest.approx(0.1, rel=1e-4)
    with uphill(network, 0.1, _loss):
        for weight, there in zip(weights, wanted, strict=True):
            torch.testing.assert_close(weight, there)


def test_the_loss_is_higher_there_and_all_is_as_before_after_it() -> None:
    network = _network()
    _loss(network)
    before = copy.deepcopy(network.state_dict())
    at_home = _loss(copy.deepcopy(network)).item()
    with uphill(network, 0.1, _loss):
        assert _loss(copy.deepcopy(network)).item() > at_home
    after = network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items() if "num_batches" not in name)
    assert network[1].momentum == nn.BatchNorm2d(4).momentum
    assert all(p.grad is None for p in network.parameters())


def test_how_long_filters_before_a_normalization_are_changes_nothing() -> None:
    ours, longer = _network(), _network()
    with torch.no_grad():
        longer[0].weight.mul_(8)
        longer[0].bias.mul_(8)
    network_losses = []
    for network in (ours, longer):
        with uphill(network, 0.1, _loss):
            network_losses.append(_loss(network).item())
    assert network_losses[0] == pytest.approx(network_losses[1], rel=1e-3)
