"""Sharpness-aware steps: the gradient is taken where the loss nearby is highest, so that the descent ends in a wide valley."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def uphill(network: nn.Module, radius: float, loss: Callable[[nn.Module], Tensor]) -> Iterator[None]:
    """Within it the weights w_l of each layer stand at w_l + radius |w_l|^2 g_l / n, where n^2 is the sum of (|w_l| |g_l|)^2.

    g is the gradient of ``loss``, best of a part of the batch (m-sharpness). This is SAM (Foret et al. 2021, eq. 2), adaptive
    (Kwon et al. 2021) by layer: how long the filters before a normalisation are changes nothing, so it must not change which
    of them move. Norms and biases stay, and the running statistics are not touched.
    """
    weights = [p for p in network.parameters() if p.ndim > 1]
    norms = [m for m in network.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    gradients = torch.autograd.grad(loss(network), weights)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    with torch.no_grad():
        before = [p.clone() for p in weights]
        lengths = torch.stack([p.norm() for p in weights])
        total = (lengths * torch.stack([g.norm() for g in gradients])).norm().clamp(min=1e-12)
        for p, g, length in zip(weights, gradients, lengths, strict=True):
            p.add_(g * (radius * length**2 / total))
    try:
        yield
    finally:
        with torch.no_grad():
            for p, w in zip(weights, before, strict=True):
                p.copy_(w)
