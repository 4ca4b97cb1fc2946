"""One contract over every layer, and what only some of them do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.nn import INITIALIZERS, LAYERS, LOSSES, BatchNorm, Dense, Dropout, Network, Tanh, check_gradients

LAYERS_TO_TEST = {name: (kind if name != "Dense" else lambda: Dense(4)) for name, kind in LAYERS.items()}


@pytest.mark.parametrize("name", LAYERS)
@settings(max_examples=20)
@given(n=st.integers(2, 6), d=st.integers(1, 6), seed=st.integers(0, 999))
def test_gradients_agree_with_central_differences(name: str, n: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = Network(d, [Dense(5), Tanh(), LAYERS_TO_TEST[name](), Dense(2)], rng=rng, dtype=np.float64)
    network.weights[:] = rng.normal(size=network.weights.size)
    # Two rows through a batch norm become +-1 whatever they were: their gradients are differences of nothing.
    rows = n + 2
    error = check_gradients(network, rng.normal(size=(rows, d)), rng.normal(size=(rows, 2)), LOSSES["squared-error"]())
    assert error < (1e-2 if name == "ReLU" else 2e-4 if name == "BatchNorm" else 1e-5)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_type_and_shape_are_kept_and_extremes_stay_finite(name: str, dtype: type) -> None:
    network = Network(3, [LAYERS_TO_TEST[name]()], rng=np.random.default_rng(0), dtype=dtype)
    x = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e-30], [3, 2, 1]], dtype)
    for training in (True, False):
        out = network.forward(x, training=training)
        assert out.dtype == dtype
        assert out.shape == (3, network.outputs)
        assert np.isfinite(out).all()
        assert np.isfinite(network.backward(np.ones_like(out))).all()


@pytest.mark.parametrize("name", LAYERS)
def test_a_smaller_batch_after_a_larger_gives_the_same_rows(name: str) -> None:
    network = Network(3, [LAYERS_TO_TEST[name]()], rng=np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(10, 3))
    whole = network.forward(x).copy()
    np.testing.assert_allclose(network.forward(x[:4]), whole[:4], rtol=1e-6)
    np.testing.assert_allclose(network.predict(x, batch_size=3), whole, rtol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_saturated_outputs_give_finite_losses_and_gradients(loss: str) -> None:
    for end in ("Sigmoid", "Softmax"):
        network = Network(2, [Dense(2), LAYERS[end]()], rng=np.random.default_rng(0))
        network.weights[:] = 500
        network.weights[:2] = -500
        value = network.learn(np.array([[9, -9]], np.float32), np.array([[1, 0]], np.float32), LOSSES[loss]())
        assert np.isfinite(value)
        assert np.isfinite(network.gradients).all()


def test_dropout_keeps_the_mean_and_the_right_share() -> None:
    network = Network(2000, [Dropout(0.3)], rng=np.random.default_rng(0))
    out = network.forward(np.ones((50, 2000)), training=True).copy()
    assert abs((out == 0).mean() - 0.3) < 0.01
    assert abs(out.mean() - 1) < 0.01
    np.testing.assert_array_equal(network.backward(np.ones((50, 2000), np.float32)), out)
    np.testing.assert_array_equal(network.forward(np.ones((50, 2000))), 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network(3, [Dense(0)], rng=np.random.default_rng(0)), "units >= 1"),
        (lambda: Network(3, [Dense(1, initializer="x")], rng=np.random.default_rng(0)), "initializer of xavier_uniform"),
        (lambda: Network(3, [Dropout(1.0)], rng=np.random.default_rng(0)), "rate from 0 to below 1, got 1.0"),
        (lambda: Network(3, [], rng=np.random.default_rng(0)), "needs inputs >= 1, layers"),
        (lambda: Network(3, [Tanh()], rng=np.random.default_rng(0), dtype=np.float16), "float32 or float64"),
    ],
)
def test_wrong_settings_are_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


def test_batch_norm_refuses_one_row() -> None:
    with pytest.raises(ValueError, match="at least 2 rows to train on, got 1"):
        Network(3, [BatchNorm()], rng=np.random.default_rng(0)).forward(np.zeros((1, 3)), training=True)


@pytest.mark.parametrize(
    ("name", "variance"),
    [("xavier_uniform", 2 / 500), ("xavier_normal", 2 / 500), ("he_uniform", 2 / 300), ("he_normal", 2 / 300)],
)
def test_initial_variances(name: str, variance: float) -> None:
    drawn = INITIALIZERS[name]((300, 200), np.random.default_rng(0))
    assert drawn.var() == pytest.approx(variance, rel=0.03)


def test_small_and_zero_beginnings() -> None:
    assert np.abs(INITIALIZERS["small_uniform"]((100, 9), np.random.default_rng(0))).max() <= 0.05
    assert not INITIALIZERS["zeros"]((3, 2), np.random.default_rng(0)).any()
