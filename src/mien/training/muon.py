"""Muon for convolutions: steps of the same length in every direction that a layer's weights can take."""

import math
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn

_MOMENTUM: Final = 0.95
# Five steps of this polynomial bring every singular value between 0.005 and 1 to about 0.7 to 1.2 (Jordan et al. 2024).
_POLYNOMIAL: Final = (3.4445, -4.7750, 2.0315)
_ITERATIONS: Final = 5
# So scaled, a step is as long as one of AdamW at the same rate usually is (Liu et al. 2025, eq. 4).
_LENGTH: Final = 0.2


class Muon(torch.optim.AdamW):
    """Muon (Jordan et al. 2024) where the gradient is a matrix between channels, AdamW for all else.

    The momentum of such a weight (filters, ...), seen as a matrix of as many rows, is replaced by the nearest matrix with
    orthogonal rows or columns, so that the few directions that dominate a gradient do not dominate the step.
    torch's own takes matrices only, and computes in 16 bits, which processors without such units emulate.
    """

    def __init__(self, network: nn.Module, learning_rate: float, weight_decay: float) -> None:
        """``learning_rate`` and ``weight_decay`` serve both; norms and biases are not decayed."""
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
            for p in group["params"] if group["orthogonal"] else ():
                if p.grad is None:
                    continue
                if p not in self.state:
                    # AdamW, when it loads a state, looks for a count of steps in every weight's.
                    self.state[p] = {"step": torch.zeros(()), "momentum": torch.zeros_like(p)}
                momentum = self.state[p]["momentum"]
                momentum.lerp_(p.grad, 1 - _MOMENTUM)
                update = orthogonal(p.grad.lerp(momentum, _MOMENTUM).flatten(1))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update.view_as(p), alpha=-group["lr"] * _LENGTH * math.sqrt(max(update.shape)))
                p.grad = None  # AdamW passes over weights without one
        return super().step(closure)  # type: ignore[no-any-return]


def orthogonal(matrix: Tensor) -> Tensor:
    """About the matrix (m, n) with the same singular vectors and singular values of 1, by Newton and Schulz' iteration.

    x <- p(x x') x, five times; each p(x x') is made from the one before without x, which is several times as wide.
    """
    a, b, c = _POLYNOMIAL
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x: Tensor = wide / wide.norm().clamp(min=1e-7)
    gram, product = x @ x.T, torch.eye(len(x), device=x.device)
    for _ in range(_ITERATIONS):
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        factor.diagonal().add_(a)
        product = factor @ product
        gram = factor @ gram @ factor
    x = product @ x
    return x if wide is matrix else x.T


def _mixes_channels(weight: Tensor) -> bool:
    """Whether it is a convolution's that reads several channels: not of grey pictures, not one by channel, not the logits'."""
    return weight.ndim == 4 and weight.shape[1] > 1
