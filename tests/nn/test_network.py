from pathlib import Path

import numpy as np
import pytest

from mien.nn import (
    Adam,
    BatchNorm,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Dense,
    Dropout,
    History,
    Momentum,
    Network,
    Sigmoid,
    Softmax,
    SumSquaredErrors,
    Tanh,
    check_gradients,
    constant,
    cosine,
    exponential,
    fit,
    inverse_time,
)

XOR_X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
XOR_Y = np.array([[0], [1], [1], [0]], np.float32)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def xor(seed: int = 0) -> Network:
    return Network(2, [Dense(8), Tanh(), Dense(1), Sigmoid()], rng=rng(seed))


def test_it_learns_xor_in_batches_and_pattern_by_pattern() -> None:
    for batch_size in (4, 1):
        network = xor()
        fit(
            network, XOR_X, XOR_Y, loss=BinaryCrossEntropy(), optimizer=Adam(0.05), epochs=300, batch_size=batch_size, rng=rng()
        )
        np.testing.assert_array_equal(network.predict(XOR_X) > 0.5, XOR_Y)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((0, 2)), r"at least one, shape \(n, 2\); got \(0, 2\)"),
        (np.zeros((3, 4)), r"got \(3, 4\)"),
        (np.zeros(2), r"got \(2,\)"),
        ([[np.nan, 0], [1, np.inf]], "NaN or infinity in 2 places"),
    ],
)
def test_wrong_rows_are_refused_everywhere(values: np.ndarray, message: str) -> None:
    network = xor()
    for call in (network.forward, network.predict):
        with pytest.raises(ValueError, match=message):
            call(values)
    with pytest.raises(ValueError, match=message):
        fit(network, values, XOR_Y, loss=SumSquaredErrors(), optimizer=Adam(0.1), epochs=1, batch_size=1, rng=rng())
    with pytest.raises(ValueError, match=r"y: expected rows of 1"):
        fit(network, XOR_X, XOR_X, loss=SumSquaredErrors(), optimizer=Adam(0.1), epochs=1, batch_size=1, rng=rng())


def test_fit_refuses_what_cannot_be() -> None:
    settings = {"loss": SumSquaredErrors(), "optimizer": Adam(0.1), "epochs": 1, "rng": rng()}
    with pytest.raises(ValueError, match="as many rows in x as in y"):
        fit(xor(), XOR_X, XOR_Y[:2], batch_size=1, **settings)
    with pytest.raises(ValueError, match="patience needs validation"):
        fit(xor(), XOR_X, XOR_Y, batch_size=1, patience=2, **settings)
    with pytest.raises(ValueError, match="expected prepare"):
        Adam(0.1).step(np.zeros(2), np.zeros(2))


def test_a_loss_that_runs_away_is_told() -> None:
    network = Network(2, [Dense(4), Dense(1)], rng=rng())
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="lower the learning rate"):
        fit(network, XOR_X * 1e3, XOR_Y, loss=SumSquaredErrors(), optimizer=Momentum(1e9), epochs=50, batch_size=1, rng=rng())


def test_early_stopping_gives_the_best_weights_back() -> None:
    x, y = rng(1).normal(size=(30, 5)), rng(2).normal(size=(30, 1))
    network = Network(5, [Dense(50), Tanh(), Dense(1)], rng=rng())
    history = fit(
        network,
        x[:15],
        y[:15],
        loss=SumSquaredErrors(),
        optimizer=Adam(0.02),
        epochs=500,
        batch_size=5,
        rng=rng(),
        validation=(x[15:], y[15:]),
        patience=5,
    )
    assert history.epochs == history.best + 5 < 500
    best = network.loss(network.checked(x[15:], 5, "x"), network.checked(y[15:], 1, "y"), SumSquaredErrors())
    assert best == pytest.approx(min(history.validation), rel=1e-6)


def test_epsilon_ends_the_training() -> None:
    history = fit(
        xor(), XOR_X, XOR_Y, loss=SumSquaredErrors(), optimizer=Adam(0.05), epochs=5000, batch_size=4, rng=rng(), epsilon=0.01
    )
    assert history.train[-1] < 0.01 <= history.train[-2]


def test_a_resumed_training_ends_with_the_same_weights(tmp_path: Path) -> None:
    x, y = rng(1).normal(size=(40, 3)), np.eye(2)[rng(2).integers(0, 2, 40)]

    def run(epochs: int, checkpoint: Path | None) -> Network:
        network = Network(3, [Dense(6), BatchNorm(), Tanh(), Dropout(0.2), Dense(2), Softmax()], rng=rng())
        settings = {"loss": CategoricalCrossEntropy(), "batch_size": 8, "rng": rng(7), "validation": (x[:9], y[:9])}
        fit(network, x, y, optimizer=Adam(0.05), epochs=epochs, checkpoint=checkpoint, **settings)
        return network

    run(3, tmp_path / "run.npz")
    resumed, whole = run(8, tmp_path / "run.npz"), run(8, None)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(resumed.state()[name], array)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    settings = {"loss": SumSquaredErrors(), "epochs": 1, "batch_size": 4, "rng": rng(), "checkpoint": tmp_path / "c.npz"}
    fit(xor(), XOR_X, XOR_Y, optimizer=Adam(0.1), **settings)
    with pytest.raises(ValueError, match=r"c\.npz: a checkpoint of .*Adam.*, expected one of .*Momentum"):
        fit(xor(), XOR_X, XOR_Y, optimizer=Momentum(0.1), **settings)


def test_targets_that_a_loss_means_nothing_for_are_refused() -> None:
    settings = {"optimizer": Adam(0.1), "epochs": 1, "batch_size": 1, "rng": rng()}
    with pytest.raises(ValueError, match="targets from 0 to 1, got 0 to 7"):
        fit(xor(), XOR_X, XOR_Y * 7, loss=BinaryCrossEntropy(), **settings)
    with pytest.raises(ValueError, match="sum to 1, got sums 0 to 1"):
        fit(xor(), XOR_X, XOR_Y, loss=CategoricalCrossEntropy(), **settings)


def test_a_checkpoint_that_is_none_is_refused(tmp_path: Path) -> None:
    settings = {"loss": SumSquaredErrors(), "optimizer": Adam(0.1), "epochs": 1, "batch_size": 4, "rng": rng()}
    xor().save(tmp_path / "network.npz")
    (tmp_path / "noise.npz").write_bytes(b"noise")
    for name in ("network", "noise"):
        with pytest.raises(ValueError, match=f"{name}.npz: expected a checkpoint of fit"):
            fit(xor(), XOR_X, XOR_Y, checkpoint=tmp_path / f"{name}.npz", **settings)


def test_saving_and_loading_give_the_network_back(tmp_path: Path) -> None:
    for dtype in (np.float32, np.float64):
        network = Network(3, [Dense(4), BatchNorm(), Tanh(), Dropout(0.1), Dense(2), Softmax()], rng=rng(), dtype=dtype)
        network.forward(rng(1).normal(size=(9, 3)), training=True)
        network.save(tmp_path / "n.npz")
        loaded = Network.load(tmp_path / "n.npz")
        x = rng(2).normal(size=(5, 3))
        np.testing.assert_array_equal(loaded.predict(x), network.predict(x))
        assert loaded.layers == network.layers


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    xor().save(tmp_path / "good.npz")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    (tmp_path / "noise.npz").write_bytes(b"PK\x03\x04noise")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "good.npz").read_bytes()[:300])
    np.savez(tmp_path / "pickle.npz", network=np.array([{"a": 1}], object), allow_pickle=True)
    for name in ("other", "noise", "cut", "pickle"):
        with pytest.raises(ValueError, match=f"{name}.npz: expected a network saved by"):
            Network.load(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError):
        Network.load(tmp_path / "none.npz")


def test_progress_is_a_callback() -> None:
    seen: list[int] = []

    def tell(history: History) -> None:
        seen.append(history.epochs)

    fit(xor(), XOR_X, XOR_Y, loss=SumSquaredErrors(), optimizer=Adam(0.1), epochs=3, batch_size=2, rng=rng(), on_epoch=tell)
    assert seen == [1, 2, 3]


def test_gradients_of_float32_are_not_checked() -> None:
    with pytest.raises(ValueError, match="expected a network of float64"):
        check_gradients(xor(), XOR_X, XOR_Y, SumSquaredErrors())


def test_schedules() -> None:
    assert constant(0.5)(99) == 0.5
    assert [exponential(1, decay=0.5, every=2)(t) for t in (1, 2, 3, 5)] == [1, 1, 0.5, 0.25]
    assert [inverse_time(1, half_after=10)(t) for t in (1, 11, 31)] == [1, 0.5, 0.25]
    assert [cosine(1, steps=10, warm_up=2)(t) for t in (1, 2, 6, 10, 11)] == pytest.approx([0.5, 1, 0.5, 0, 0])
