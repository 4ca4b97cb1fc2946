"""The traced step is the step that training takes, and its parts fit together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.nn import LOSSES, OPTIMIZERS, BatchNorm, Dense, Network, Sigmoid, Softmax, Tanh, trace_step


def network(seed: int, end: type, hidden: int = 3) -> Network:
    return Network(2, [Dense(hidden), Tanh(), Dense(2), end()], rng=np.random.default_rng(seed), dtype=np.float64)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 99),
    case=st.sampled_from([("squared-error", Sigmoid), ("binary-cross-entropy", Sigmoid), ("cross-entropy", Softmax)]),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
)
def test_it_does_what_training_does(seed: int, case: tuple[str, type], optimizer: str) -> None:
    loss, end = LOSSES[case[0]](), case[1]
    x, y = np.array([[0.3, -0.8]]), np.array([[1.0, 0.0]])
    traced, trained = network(seed, end), network(seed, end)
    trace = trace_step(traced, x[0], y[0], loss, OPTIMIZERS[optimizer](0.1))
    twin = OPTIMIZERS[optimizer](0.1)
    twin.prepare(trained.weights)
    assert trace.loss == pytest.approx(trained.learn(x, y, loss))
    twin.step(trained.weights, trained.gradients)
    np.testing.assert_allclose(traced.weights, trained.weights, rtol=1e-12)
    assert trace.new_loss == pytest.approx(trained.loss(x, y, loss))


def test_the_chain_rule_holds_between_the_numbers() -> None:
    trace = trace_step(network(1, Sigmoid), [0.3, -0.8], [1, 0], LOSSES["squared-error"](), OPTIMIZERS["sgd"](0.1))
    first, last = trace.layers
    np.testing.assert_allclose(last.pushed, last.a - trace.y)
    np.testing.assert_allclose(first.pushed, last.W @ last.delta)
    for layer in trace.layers:
        np.testing.assert_allclose(layer.z, layer.x @ layer.W + layer.b)
        np.testing.assert_allclose(layer.delta, layer.pushed * layer.slope)
        np.testing.assert_allclose(layer.dW, np.outer(layer.x, layer.delta))
        np.testing.assert_allclose(layer.new_W, layer.W - 0.1 * layer.dW)
        np.testing.assert_allclose(layer.new_b, layer.b - 0.1 * layer.db)


def test_other_networks_are_refused() -> None:
    for layers in ([Dense(2)], [Dense(2), BatchNorm()], [Tanh(), Dense(2)]):
        other = Network(2, layers, rng=np.random.default_rng(0))
        with pytest.raises(ValueError, match="expected dense layers, each followed by an activation"):
            trace_step(other, [0, 0], [0, 0], LOSSES["squared-error"](), OPTIMIZERS["sgd"](0.1))
