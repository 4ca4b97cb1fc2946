"""The networks: grey crops (n, 1, 48, 48), scaled to 0..1, to logits (n, 8) over the expressions."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn

from mien.faces.expressions import EXPRESSIONS


def seed() -> nn.Sequential:
    """The network of the seed: 708,584 trainable and 711,784 total parameters (running statistics counted).

    Six blocks of one 3x3 convolution, batch normalisation and ReLU, then a dense layer of 1024 and the eight logits.
    The seed prints the two totals and the filter counts but not where it pools. 2x2 max-pooling brings 48 down to 1
    in exactly five steps (24, 12, 6, 3, 1), and the seed sets its first block apart from "five nearly alike": those
    five pool.
    """
    layers: list[nn.Module] = []
    channels = 1
    for filters in (32, 32, 64, 64, 128, 256):
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU()]
        if channels > 1:
            layers.append(nn.MaxPool2d(2))
        channels = filters
    layers += [nn.Flatten(), nn.Linear(channels, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Dropout(0.5)]
    return nn.Sequential(*layers, nn.Linear(1024, len(EXPRESSIONS)))


class SqueezeExcite(nn.Module):
    """Scales each channel by a gate computed from the channel means (Hu et al. 2018, eq. 2 to 4)."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Gated channels, of the shape of ``x`` (n, channels, height, width)."""
        return torch.mul(x, self.gate(x))


class Separable(nn.Module):
    """A 3x3 convolution in two parts: each channel by itself, then 1x1 between channels (Chollet 2017, section 3).

    For as many parameters it has about three times the channels. Where it has as many as its input, that is added (He et
    al. 2016, eq. 1).
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.added = channels == width
        self.path = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.Conv2d(channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, width, height, w) of ``x`` (n, channels, height, w)."""
        y: Tensor = self.path(x)
        return x + y if self.added else y


def stages(filters: tuple[tuple[int, ...], ...], dropout: float, *, full: int = 0, excited: bool = False) -> nn.Sequential:
    """Stages of 3x3 convolutions with 2x2 max-pooling between; global mean, logits.

    The first stage works at full resolution: a mouth's corner is two or three pixels. The very first convolution, and those
    of the first ``full`` stages, are whole, the others separable. ``excited``: squeeze-and-excitation ends each stage.
    """
    layers: list[nn.Module] = []
    channels = 1
    for number, stage in enumerate(filters):
        if number:
            layers.append(nn.MaxPool2d(2))
        for width in stage:
            if number < full or channels == 1:
                layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            else:
                layers.append(Separable(channels, width))
            channels = width
        if excited:
            layers.append(SqueezeExcite(channels, reduction=8))
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(channels, len(EXPRESSIONS)))


def mien() -> nn.Sequential:
    """Fourteen convolutions at 48, 24, 12, 6 and 3 pixels, separable from 12 pixels on; 689,274 parameters in all."""
    return stages(((16, 16), (32, 32, 32), (160,) * 4, (320,) * 4, (384,)), dropout=0.1, full=2, excited=True)


def mien_tiny() -> nn.Sequential:
    """Thirteen at 48, 24, 12 and 6 pixels, all separable but the first, wide early on; 168,392 parameters in all."""
    return stages(((32, 32), (64,) * 3, (112,) * 4, (160,) * 4), dropout=0.1)


def mien_wide() -> nn.Sequential:
    """As ``mien_tiny``, with whose weights it may begin, and as large as ``mien``; 692,248 parameters in all."""
    return stages(((32, 32), (80,) * 3, (192,) * 4, (384,) * 4), dropout=0.1)


ARCHITECTURES: Final[dict[str, Callable[[], nn.Sequential]]] = {
    "seed": seed,
    "mien": mien,
    "mien-tiny": mien_tiny,
    "mien-wide": mien_wide,
}


def parameter_counts(network: nn.Module) -> tuple[int, int]:
    """(trainable, total); the total counts batch normalisation's running means and variances too."""
    trainable = sum(p.numel() for p in network.parameters() if p.requires_grad)
    running = sum(b.numel() for b in network.buffers() if b.is_floating_point())
    return trainable, trainable + running
