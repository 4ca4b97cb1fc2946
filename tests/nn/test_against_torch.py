"""Every layer, loss and optimizer against torch in float64."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from mien.nn import LAYERS, LOSSES, OPTIMIZERS, Adam, BatchNorm, Dense, Loss, Network, Optimizer, RMSprop
from mien.nn.layer import Layer

F64 = torch.float64

# Each layer with its twin: torch tensors in, torch tensor out; W, b, gamma, beta are the layer's own parameters.
LAYER_TWINS: dict[str, tuple[Callable[[], Layer], Callable[..., torch.Tensor]]] = {
    "Dense": (lambda: Dense(5), lambda x, W, b: x @ W + b),  # noqa: N803
    "Sigmoid": (LAYERS["Sigmoid"], torch.sigmoid),
    "BipolarSigmoid": (lambda: LAYERS["BipolarSigmoid"](slope=1.7), lambda x: 2 / (1 + torch.exp(-1.7 * x)) - 1),
    "Tanh": (LAYERS["Tanh"], torch.tanh),
    "ReLU": (LAYERS["ReLU"], torch.relu),
    "Softmax": (LAYERS["Softmax"], lambda x: torch.softmax(x, dim=1)),
    "BatchNorm": (
        BatchNorm,
        lambda x, gamma, beta: functional.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-5),
    ),
}

LOSS_TWINS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "squared-error": lambda a, y: 0.5 * ((y - a) ** 2).sum() / len(a),
    "binary-cross-entropy": lambda a, y: functional.binary_cross_entropy(a, y, reduction="sum") / len(a),
    "cross-entropy": lambda a, y: -(y * torch.log(a)).sum() / len(a),
}

OPTIMIZER_TWINS: dict[str, tuple[Callable[[], Optimizer], Callable[[list[torch.Tensor]], torch.optim.Optimizer]]] = {
    "sgd": (lambda: OPTIMIZERS["sgd"](0.1), lambda p: torch.optim.SGD(p, 0.1)),
    "sgd, L2": (lambda: OPTIMIZERS["sgd"](0.1, weight_decay=0.1), lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.1)),
    "momentum": (lambda: OPTIMIZERS["momentum"](0.1), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    "nesterov": (lambda: OPTIMIZERS["nesterov"](0.1), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True)),
    "rmsprop": (lambda: RMSprop(0.01, b=0.9), lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9)),
    "adam": (lambda: OPTIMIZERS["adam"](0.01), lambda p: torch.optim.Adam(p, 0.01)),
    "adam, L2": (lambda: Adam(0.01, weight_decay=0.1), lambda p: torch.optim.Adam(p, 0.01, weight_decay=0.1)),
    "adam, decoupled": (
        lambda: Adam(0.01, weight_decay=0.1, decoupled=True),
        lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
    ),
}


def close(ours: np.ndarray, theirs: torch.Tensor) -> None:
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_every_member_has_a_twin() -> None:
    assert set(LAYER_TWINS) | {"Dropout"} == set(LAYERS)  # Dropout's masks are its own: see test_layers.py
    assert set(LOSS_TWINS) == set(LOSSES)
    assert {name.split(",")[0] for name in OPTIMIZER_TWINS} == set(OPTIMIZERS)


@pytest.mark.parametrize("name", LAYER_TWINS)
@settings(max_examples=25)
@given(n=st.integers(2, 9), d=st.integers(1, 7), seed=st.integers(0, 999))
def test_layers(name: str, n: int, d: int, seed: int) -> None:
    make, twin = LAYER_TWINS[name]
    rng = np.random.default_rng(seed)
    network = Network(d, [make()], rng=rng, dtype=np.float64)
    network.weights[:] = rng.normal(size=network.weights.size)
    x, delta = rng.normal(size=(n, d)), rng.normal(size=(n, network.outputs))
    tensor = torch.tensor(x, requires_grad=True)
    parameters = {k: torch.tensor(p.copy(), requires_grad=True) for k, p in network.layers[0].parameters.items()}
    expected = twin(tensor, **parameters)
    expected.backward(torch.tensor(delta))
    close(network.forward(x, training=True), expected)
    dx = network.backward(delta.copy())
    if name == "BatchNorm" and n == 2:  # dx is 0 but for rounding there
        np.testing.assert_allclose(dx, tensor.grad, atol=1e-4)
    else:
        np.testing.assert_allclose(dx, tensor.grad, rtol=1e-9, atol=1e-11)
    for key, parameter in parameters.items():
        close(network.layers[0].gradients[key], parameter.grad)


@pytest.mark.parametrize("name", LOSS_TWINS)
@pytest.mark.parametrize("end", ["Sigmoid", "Softmax"])
def test_losses_alone_and_joined_to_their_activation(name: str, end: str) -> None:
    rng = np.random.default_rng(0)
    network = Network(4, [Dense(3), LAYERS[end]()], rng=rng, dtype=np.float64)
    x, y = rng.normal(size=(6, 4)), rng.dirichlet(np.ones(3), 6)
    loss: Loss = LOSSES[name]()
    w, b = (torch.tensor(network.layers[0].parameters[k].copy(), requires_grad=True) for k in ("W", "b"))
    expected = LOSS_TWINS[name](LAYER_TWINS[end][1](torch.tensor(x) @ w + b), torch.tensor(y))
    expected.backward()
    assert network.learn(x, y, loss) == pytest.approx(expected.item(), rel=1e-12)
    close(network.layers[0].gradients["W"], w.grad)
    close(network.layers[0].gradients["b"], b.grad)


@pytest.mark.parametrize("name", OPTIMIZER_TWINS)
def test_ten_steps_of_every_optimizer(name: str) -> None:
    make, twin = OPTIMIZER_TWINS[name]
    rng = np.random.default_rng(0)
    weights = rng.normal(size=20)
    parameter = torch.tensor(weights.copy(), requires_grad=True)
    ours, theirs = make(), twin([parameter])
    ours.prepare(weights)
    for _ in range(10):
        gradient = rng.normal(size=20)
        parameter.grad = torch.tensor(gradient.copy())
        theirs.step()
        ours.step(weights, gradient)
        close(weights, parameter)


def test_batch_norm_runs_as_torchs_does() -> None:
    rng = np.random.default_rng(0)
    network, twin = Network(3, [BatchNorm()], rng=rng, dtype=np.float64), torch.nn.BatchNorm1d(3, dtype=F64)
    for _ in range(5):
        x = rng.normal(2, 3, (7, 3))
        close(network.forward(x, training=True), twin(torch.tensor(x)))
    twin.eval()
    x = rng.normal(size=(4, 3))
    tensor = torch.tensor(x, requires_grad=True)
    expected = twin(tensor)
    close(network.forward(x), expected)
    expected.backward(torch.ones(4, 3, dtype=F64))
    close(network.backward(np.ones((4, 3))), tensor.grad)
    close(network.layers[0].gradients["gamma"], twin.weight.grad)
