"""Muon's steps against the singular value decomposition, AdamW for what it leaves alone, and a hard valley."""

import math
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing, nn

from mien.training.muon import Muon, orthogonal
from mien.training.processes import Processes


@pytest.mark.parametrize("shape", [(16, 144), (128, 27), (32, 32)])
def test_all_directions_become_about_equally_long(shape: tuple[int, int]) -> None:
    rows, columns = shape
    generator = torch.Generator().manual_seed(0)
    left, _ = torch.linalg.qr(torch.randn(rows, min(shape), generator=generator))
    right, _ = torch.linalg.qr(torch.randn(columns, min(shape), generator=generator))
    matrix = left * torch.logspace(0, -1.5, min(shape)) @ right.T
    turned = left.T @ orthogonal(7 * matrix) @ right
    lengths = turned.diagonal()
    assert 0.6 < lengths.min() < lengths.max() < 1.25
    assert (turned - torch.diag(lengths)).abs().max() < 1e-4


def test_a_step_is_as_long_as_adams_and_the_rest_of_the_network_takes_adams_own() -> None:
    def network() -> nn.Sequential:
        torch.manual_seed(0)
        layers = nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 16, 3), nn.Flatten(), nn.Linear(16 * 4 * 4, 3)
        return nn.Sequential(*layers)

    ours, adams = network(), network()
    x, y = torch.rand(5, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1])
    for net, optimizer in (
        (ours, Muon(ours, 1e-3, 0.0)),
        (adams, torch.optim.AdamW(adams.parameters(), 1e-3, weight_decay=0.0)),
    ):
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    start = network().state_dict()
    for name, weights in adams.state_dict().items():
        if name != "2.weight":
            assert torch.equal(weights, ours.state_dict()[name]), name
    moved = ours.state_dict()["2.weight"] - start["2.weight"]
    assert 1e-4 < moved.square().mean().sqrt() < 3e-4


def test_it_goes_down_a_valley_that_is_a_thousand_times_steeper_one_way() -> None:
    weight = nn.Conv2d(2, 2, 1, bias=False)
    goal, steep = torch.tensor([[1.0, -1.0], [0.5, 2.0]]), torch.tensor([[1000.0], [1.0]])
    optimizer = Muon(weight, 1e-2, 0.0)
    losses = []
    for step in range(600):
        for group in optimizer.param_groups:
            group["lr"] = 2e-2 * (1 + math.cos(math.pi * step / 600))
        optimizer.zero_grad()
        loss = (steep * (weight.weight.flatten(1) - goal).square()).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 1e-4 * losses[0]


def moved(processes: Processes) -> list[torch.Tensor]:
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 16, 1), nn.Conv2d(16, 4, 3), nn.Flatten(), nn.Linear(16, 3)]
    network = nn.Sequential(*layers)
    optimizer = Muon(network, 1e-2, 0.1, processes)
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(torch.rand(5, 2, 6, 6)), torch.tensor([0, 1, 2, 0, 1])).backward()
        optimizer.step()
    return list(network.parameters())


def move(rank: int, count: int, folder: Path) -> None:
    torch.set_num_threads(1)  # else sums round otherwise, which orthogonal directions of nearly no length make much of
    if count > 1:
        distributed.init_process_group("gloo", f"file://{folder / 'meeting'}", rank=rank, world_size=count)
    torch.save(moved(Processes(rank, count)), folder / f"{rank} of {count}.pt")
    if count > 1:
        distributed.destroy_process_group()


def test_processes_that_share_the_work_take_the_same_steps(tmp_path: Path) -> None:
    for count in (1, 2):
        multiprocessing.spawn(move, (count, tmp_path), nprocs=count)
    alone, *together = (torch.load(tmp_path / f"{name}.pt") for name in ("0 of 1", "0 of 2", "1 of 2"))
    for weights in together:
        assert all(torch.equal(a, b) for a, b in zip(alone, weights, strict=True))
