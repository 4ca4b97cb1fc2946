"""Networks of others to be measured beside: their graphs from their papers, random weights."""

import torch
from torch import Tensor, nn


def vgg13() -> nn.Sequential:
    """The network of Barsoum et al. 2016 (figure 2), 64x64 input, 8.76 M parameters."""
    layers: list[nn.Module] = []
    channels = 1
    for block in ((64, 64), (128, 128), (256, 256, 256), (256, 256, 256)):
        for filters in block:
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        layers += [nn.MaxPool2d(2), nn.Dropout(0.25)]
    layers += [nn.Flatten(), nn.Linear(4096, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 1024), nn.ReLU()]
    return nn.Sequential(*layers, nn.Dropout(0.5), nn.Linear(1024, 8))


class _XceptionModule(nn.Module):
    """Two separable convolutions and a pooling, beside a strided convolution (Arriaga et al. 2017, figure 4)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.beside = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs))
        self.through = nn.Sequential(
            *_separable(inputs, outputs), nn.ReLU(), *_separable(outputs, outputs), nn.MaxPool2d(3, stride=2, padding=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.beside(x) + self.through(x)  # type: ignore[no-any-return]


def _separable(inputs: int, outputs: int) -> list[nn.Module]:
    depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
    return [depthwise, nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)]


def mini_xception() -> nn.Sequential:
    """The mini-Xception of Arriaga et al. 2017, 64x64 input, 58 k parameters."""
    stem: list[nn.Module] = []
    for inputs in (1, 8):
        stem += [nn.Conv2d(inputs, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
    modules = [_XceptionModule(inputs, 2 * inputs) for inputs in (8, 16, 32, 64)]
    return nn.Sequential(*stem, *modules, nn.Conv2d(128, 8, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten())


class _MBConv(nn.Module):
    """An inverted bottleneck with squeeze-and-excitation (Tan and Le 2019, section 4)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        expand = [nn.Conv2d(inputs, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.SiLU()] if expansion > 1 else []
        depthwise = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False)
        self.expand = nn.Sequential(*expand, depthwise, nn.BatchNorm2d(wide), nn.SiLU())
        squeezed = max(1, inputs // 4)
        squeeze = [nn.AdaptiveAvgPool2d(1), nn.Conv2d(wide, squeezed, 1), nn.SiLU()]
        self.gate = nn.Sequential(*squeeze, nn.Conv2d(squeezed, wide, 1), nn.Sigmoid())
        self.project = nn.Sequential(nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        wide = self.expand(x)
        narrow = self.project(torch.mul(wide, self.gate(wide)))
        return x + narrow if self.residual else narrow  # type: ignore[no-any-return]


def efficientnet_b0() -> nn.Sequential:
    """EfficientNet-B0 (Tan and Le 2019, table 1) with eight outputs, 224x224 input in one colour, 4.0 M parameters."""
    layers: list[nn.Module] = [nn.Conv2d(1, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.SiLU()]
    channels = 32
    for expansion, outputs, count, stride, kernel in (
        (1, 16, 1, 1, 3),
        (6, 24, 2, 2, 3),
        (6, 40, 2, 2, 5),
        (6, 80, 3, 2, 3),
        (6, 112, 3, 1, 5),
        (6, 192, 4, 2, 5),
        (6, 320, 1, 1, 3),
    ):
        for number in range(count):
            layers.append(_MBConv(channels, outputs, kernel, stride if number == 0 else 1, expansion))
            channels = outputs
    layers += [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(1280, 8))
