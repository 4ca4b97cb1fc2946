"""Muon for convolutions: steps of the same length in every direction that a layer's weights can take."""

import math
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn

from mien.training.processes import Processes

_MOMENTUM: Final = 0.95
# Five steps of this polynomial bring every singular value between 0.005 and 1 to about 0.7 to 1.2 (Jordan et al. 2024).
_POLYNOMIAL: Final = (3.4445, -4.7750, 2.0315)
_ITERATIONS: Final = 5
# So scaled, a step is as long as one of AdamW at the same rate usually is (Liu et al. 2025, eq. 4).
_LENGTH: Final = 0.2
_ALONE: Final = Processes()


class Muon(torch.optim.AdamW):
    """Muon (Jordan et al. 2024) where the gradient is a matrix between channels, AdamW for all else.

    The momentum of such a weight (filters, ...), seen as a matrix of as many rows, is replaced by the nearest matrix with
    orthogonal rows or columns, so that the few directions that dominate a gradient do not dominate the step.
    torch's own takes matrices only, and computes in 16 bits, which processors without such units emulate.
    """

    def __init__(self, network: nn.Module, learning_rate: float, weight_decay: float, processes: Processes = _ALONE) -> None:
        """``learning_rate`` and ``weight_decay`` serve both; norms and biases are not decayed.

        ``processes``, which all have the same gradients, share the work on the matrices.
        """
        self._processes = processes
        parameters = list(network.parameters())
        channels = [p for p in parameters if _mixes_channels(p)]
        other = [p for p in parameters if p.ndim > 1 and not _mixes_channels(p)]
        vectors = [p for p in parameters if p.ndim <= 1]
        groups: list[dict[str, Any]] = [
            {"params": channels, "weight_decay": weight_decay, "orthogonal": True},
            {"params": other, "weight_decay": weight_decay, "orthogonal": False},
            {"params": vectors, "weight_decay": 0.0, "orthogonal": False},
        ]
        super().__init__(groups, lr=learning_rate)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step of all weights; takes no closure that evaluates anew."""
        for group in self.param_groups:
            if group["orthogonal"]:
                pulled = [(p, p.grad) for p in group["params"] if p.grad is not None]
                for (p, _), update in zip(pulled, self._updates(pulled), strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update.view_as(p), alpha=-group["lr"] * _LENGTH * math.sqrt(max(update.shape)))
                    p.grad = None  # AdamW passes over weights without one
        return super().step(closure)  # type: ignore[no-any-return]

    def _updates(self, pulled: list[tuple[nn.Parameter, Tensor]]) -> list[Tensor]:
        directions = []
        for p, gradient in pulled:
            if p not in self.state:
                # AdamW, when it loads a state, looks for a count of steps in every weight's.
                self.state[p] = {"step": torch.zeros(()), "momentum": torch.zeros_like(p)}
            momentum = self.state[p]["momentum"].lerp_(gradient, 1 - _MOMENTUM)
            directions.append(gradient.lerp(momentum, _MOMENTUM).flatten(1))
        # Dealt out from the most work to the least.
        order = sorted(range(len(directions)), key=lambda i: -(min(directions[i].shape) ** 2) * sum(directions[i].shape))
        mine = set(order[self._processes.rank :: self._processes.count])
        return self._processes.sum([orthogonal(d) if i in mine else torch.zeros_like(d) for i, d in enumerate(directions)])


def orthogonal(matrix: Tensor) -> Tensor:
    """About the matrix (m, n) with the same singular vectors and singular values of 1, by Newton and Schulz' iteration.

    x <- p(x x') x, five times; each p(x x') is made from the one before without x, which may be several times as wide.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x: Tensor = wide / wide.norm().clamp(min=1e-7)
    gram = x @ x.T
    product = factor = _factor(gram)
    for _ in range(_ITERATIONS - 1):
        gram = factor @ gram @ factor
        factor = _factor(gram)
        product = factor @ product
    x = product @ x
    return x if wide is matrix else x.T


def _factor(gram: Tensor) -> Tensor:
    a, b, c = _POLYNOMIAL
    factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
    factor.diagonal().add_(a)
    return factor


def _mixes_channels(weight: Tensor) -> bool:
    """Whether it is a convolution's that reads several channels: not of grey pictures, not one by channel, not the logits'."""
    return weight.ndim == 4 and weight.shape[1] > 1
