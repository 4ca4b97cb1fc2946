"""The face detector: pictures to boxes, scores and landmarks at every cell of three grids, no anchors."""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES: Final = (8, 16, 32)
# A cell's outputs: score logit; distances to left, top, right, bottom (log, in strides); five landmarks (in strides).
_OUTPUTS: Final = 1 + 4 + 10
# The outputs for a mirror image in the order of the picture's own: left and right change places, in the face too.
_MIRRORED: Final = (0, 3, 2, 1, 4, 7, 8, 5, 6, 9, 10, 13, 14, 11, 12)
# Beyond e^6 strides no face fits any picture; without a bound the exponential of an untrained network overflows.
_LARGEST: Final = 6.0


def _convolution(channels: int, filters: int, side: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, filters, side, stride, side // 2, bias=False), nn.BatchNorm2d(filters), nn.ReLU())


class Separable(nn.Module):
    """relu(BN(1x1(relu(BN(3x3 by channel))))), with a shortcut where the shapes allow (Howard et al. 2017; He et al. 2016)."""

    def __init__(self, channels: int, filters: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, filters, 1, bias=False),
            nn.BatchNorm2d(filters),
        )
        self.shortcut = stride == 1 and channels == filters

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) to (n, filters, h / stride, w / stride)."""
        y: Tensor = self.body(x)
        return torch.relu(x + y if self.shortcut else y)


class DetectorNetwork(nn.Module):
    """Backbone, a feature pyramid (Lin et al. 2017) over strides 8, 16 and 32, one head a stride."""

    def __init__(self) -> None:
        super().__init__()
        self.stride_8 = nn.Sequential(
            _convolution(3, 16, 3, 2),
            _convolution(16, 24, 3, 2),
            Separable(24, 24),
            _convolution(24, 48, 3, 2),
            Separable(48, 48),
            Separable(48, 48),
        )
        self.stride_16 = nn.Sequential(Separable(48, 80, 2), *(Separable(80, 80) for _ in range(3)))
        self.stride_32 = nn.Sequential(Separable(80, 112, 2), *(Separable(112, 112) for _ in range(2)))
        self.lateral = nn.ModuleList(_convolution(channels, 48, 1) for channels in (48, 80, 112))
        self.smooth = nn.ModuleList(Separable(48, 48) for _ in range(2))
        self.heads = nn.ModuleList(
            nn.Sequential(Separable(48, 48), Separable(48, 48), nn.Conv2d(48, _OUTPUTS, 1)) for _ in STRIDES
        )
        for head in self.heads:
            # A face is rare: begin at a chance of 1 % (Lin et al. 2017, "focal loss", section 4.1).
            nn.init.constant_(head[2].bias[:1], -4.6)  # type: ignore[index]

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (n, 3, h, w), RGB in 0..1, h and w multiples of 32, to raw outputs (n, cells, 15), finest grid first."""
        fine = self.stride_8(x)
        middle = self.stride_16(fine)
        coarse = self.lateral[2](self.stride_32(middle))
        middle = self.smooth[1](self.lateral[1](middle) + functional.interpolate(coarse, scale_factor=2.0))
        fine = self.smooth[0](self.lateral[0](fine) + functional.interpolate(middle, scale_factor=2.0))
        maps = [head(features) for head, features in zip(self.heads, (fine, middle, coarse), strict=True)]
        return torch.cat([m.flatten(2) for m in maps], dim=2).transpose(1, 2)


def averaged(network: nn.Module, x: Tensor) -> Tensor:
    """Raw outputs (n, cells, 15) for pictures (n, 3, h, w), those of the network averaged with those for mirror images."""
    height, width = x.shape[2:]
    both: Tensor = network(torch.cat([x, x.flip(3)]))
    straight, mirrored = both.chunk(2)
    grids = mirrored.split([height // stride * (width // stride) for stride in STRIDES], dim=1)  # type: ignore[no-untyped-call]
    rows = [grid.unflatten(1, (height // stride, width // stride)).flip(2) for grid, stride in zip(grids, STRIDES, strict=True)]
    back = torch.cat([row.flatten(1, 2) for row in rows], dim=1)[..., _MIRRORED]
    # What lies to the right of a cell lies to the left in the mirror: landmarks are told as x, y in turn.
    signs = torch.tensor([1.0] * 5 + [-1.0, 1.0] * 5, device=x.device)
    return (straight + back * signs) / 2


def cells(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Centres (cells, 2) as x, y in pixels and strides (cells, 1) of the grids over a picture of that size."""
    centres, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(height // stride, device=device), torch.arange(width // stride, device=device), indexing="ij"
        )
        grid = (torch.stack([x.flatten(), y.flatten()], dim=1) + 0.5) * stride
        centres.append(grid)
        strides.append(torch.full_like(grid[:, :1], stride))
    return torch.cat(centres), torch.cat(strides)


def decode(raw: Tensor, centres: Tensor, strides: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Raw outputs (n, cells, 15) as score logits (n, cells), corners x1 y1 x2 y2 (n, cells, 4), landmarks (n, cells, 5, 2)."""
    reach = torch.exp(raw[..., 1:5].clamp(-_LARGEST, _LARGEST)) * strides
    corners = torch.cat([centres - reach[..., :2], centres + reach[..., 2:]], dim=-1)
    landmarks = raw[..., 5:].reshape(*raw.shape[:2], 5, 2) * strides.unsqueeze(-1) + centres.unsqueeze(-2)
    return raw[..., 0], corners, landmarks
