"""The engine `mien.nn` against scikit-learn and torch on a 150-500-16 network, in one run, with the same threads.

python benchmarks/backprop.py [--threads 1]
"""

import argparse
import os
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

import results
from mien.nn import SGD, Adam, Dense, Network, Sigmoid, SumSquaredErrors, Tanh, fit

INPUTS, HIDDEN, OUTPUTS, ROWS, BATCH, EPOCHS = 150, 500, 16, 20_000, 200, 10
RNG = np.random.default_rng(0)
X = RNG.random((ROWS, INPUTS), np.float32)
Y = (RNG.random((ROWS, OUTPUTS)) < 0.5).astype(np.float32)


def ours(activation: type = Tanh) -> Network:
    """The network on our engine; linear outputs, as scikit-learn's regressor has them."""
    return Network(INPUTS, [Dense(HIDDEN), activation(), Dense(OUTPUTS)], rng=np.random.default_rng(0))


def torchs() -> torch.nn.Sequential:
    """The network on torch."""
    return torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, OUTPUTS))


def train_ours() -> None:
    """Ten epochs of Adam on our engine."""
    fit(
        ours(),
        X,
        Y,
        loss=SumSquaredErrors(),
        optimizer=Adam(1e-3),
        epochs=EPOCHS,
        batch_size=BATCH,
        rng=np.random.default_rng(0),
    )


def train_sklearn() -> None:
    """Ten epochs of Adam in scikit-learn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        regressor = MLPRegressor(
            hidden_layer_sizes=(HIDDEN,), activation="tanh", batch_size=BATCH, max_iter=EPOCHS, tol=0, alpha=0, random_state=0
        )
        regressor.fit(X, Y)


def train_torch() -> None:
    """Ten epochs of Adam in torch, on tensors, without a data loader."""
    network, x, y = torchs(), torch.from_numpy(X), torch.from_numpy(Y)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(EPOCHS):
        for rows in torch.randperm(ROWS).split(BATCH):
            optimizer.zero_grad()
            loss = 0.5 * ((network(x[rows]) - y[rows]) ** 2).sum() / len(rows)
            loss.backward()
            optimizer.step()


def pattern_ours(count: int) -> None:
    """``count`` updates of plain SGD, one pattern each, on our engine."""
    network = ours(Sigmoid)
    fit(network, X[:count], Y[:count], loss=SumSquaredErrors(), optimizer=SGD(0.01), epochs=1, batch_size=1, rng=network.rng)


def pattern_torch(count: int) -> None:
    """The same in torch."""
    network, x, y = torchs(), torch.from_numpy(X), torch.from_numpy(Y)
    network[1] = torch.nn.Sigmoid()
    optimizer = torch.optim.SGD(network.parameters(), 0.01)
    for row in range(count):
        optimizer.zero_grad()
        loss = 0.5 * ((network(x[row : row + 1]) - y[row : row + 1]) ** 2).sum()
        loss.backward()
        optimizer.step()


def seconds(runs: dict[str, Callable[[], None]], rounds: int = 3) -> dict[str, float]:
    """CPU seconds of each, the median of rounds in which all take their turn."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.process_time()
            run()
            taken[name].append(time.process_time() - started)
    return {name: statistics.median(values) for name, values in taken.items()}


def allocated() -> dict[str, int]:
    """Bytes that 50 training steps leave allocated and need at their peak, after a first step."""
    network, optimizer, loss = ours(), Adam(1e-3), SumSquaredErrors()
    optimizer.prepare(network.weights)

    def step() -> None:
        network.learn(X[:BATCH], Y[:BATCH], loss)
        optimizer.step(network.weights, network.gradients)

    step()
    tracemalloc.start()
    step()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for _ in range(50):
        step()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"left by 50 steps": after - before, "peak within them": peak - before, "one batch": X[:BATCH].nbytes}


def main() -> None:
    """Writes results/backprop.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1, help=f"of {os.cpu_count()}")
    threads = parser.parse_args().threads
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        batches = seconds({"mien": train_ours, "scikit-learn": train_sklearn, "torch": train_torch})
        count = 2000
        patterns = seconds({"mien": lambda: pattern_ours(count), "torch": lambda: pattern_torch(count)})
    results.write(
        "backprop",
        {
            "threads": threads,
            "ten epochs, CPU seconds": batches,
            "time to scikit-learn's": batches["mien"] / batches["scikit-learn"],
            "time to torch's": batches["mien"] / batches["torch"],
            "updates a second, one pattern each": {name: count / value for name, value in patterns.items()},
            "updates to torch's": patterns["torch"] / patterns["mien"],
            "bytes allocated": allocated(),
        },
    )


if __name__ == "__main__":
    main()
