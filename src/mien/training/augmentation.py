"""Random changes to training crops, drawn on the whole batch at once."""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each change may go; every change is drawn uniformly, per picture.

    rotation: degrees either way. shift: fraction of the side, each axis. zoom: relative, either way.
    shear: degrees either way. flip: mirror left and right half of the time.
    coarse: chance of being shown at fewer pixels, 16 to 40 of 48, as a small or soft face is (one size a batch).
    contrast, brightness: contrast factor 1 +- contrast about the picture's mean; offset on the 0..1 scale.
    noise: largest deviation of Gaussian noise, on the 0..1 scale; mostly far less (by the cube of a uniform draw).
    erasing: chance that a rectangle of 2 to 20 % of the area is filled with noise (Zhong et al. 2020).
    mixup: alpha of the Beta distribution that blends pairs of pictures and targets (Zhang et al. 2018); 0 for none.
    """

    rotation: float = 0.0
    shift: float = 0.0
    zoom: float = 0.0
    shear: float = 0.0
    flip: bool = False
    coarse: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    noise: float = 0.0
    erasing: float = 0.0
    mixup: float = 0.0

    def __call__(self, x: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """Changed pictures (n, 1, h, w) in 0..1 and their targets (n, 8), from ``x`` and ``targets`` of the same shapes."""
        x = self._geometry(x, generator)
        if self.coarse:
            x = self._coarsen(x, generator)
        if self.contrast or self.brightness:
            x = self._light(x, generator)
        if self.noise:
            deviation = self.noise * torch.rand(len(x), 1, 1, 1, generator=generator) ** 3
            x = (x + (deviation * torch.randn(x.shape, generator=generator)).to(x.device)).clamp(0, 1)
        if self.erasing:
            x = self._erase(x, generator)
        if self.mixup:
            x, targets = self._mix(x, targets, generator)
        return x, targets

    def parted(self) -> tuple[Self, Self]:
        """(what may change what a picture says, what only makes it worse); one after the other they do what the whole does.

        Mirrored is twice, which changes nothing: a mirror image of a mirror image is as likely.
        """
        return replace(self, coarse=0.0, noise=0.0), type(self)(flip=self.flip, coarse=self.coarse, noise=self.noise)

    def _geometry(self, x: Tensor, generator: Generator) -> Tensor:
        n = len(x)
        angle = _uniform(n, self.rotation, generator) * (math.pi / 180)
        shear = torch.tan(_uniform(n, self.shear, generator) * (math.pi / 180))
        scale = 1 + _uniform(n, self.zoom, generator)
        # affine_grid's coordinates run from -1 to 1: a shift by a fraction of the side is twice as much there.
        shift = 2 * torch.stack([_uniform(n, self.shift, generator), _uniform(n, self.shift, generator)], dim=1)
        mirror = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0) if self.flip else torch.ones(n)
        cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
        rows = torch.stack([cos * mirror, shear * cos - sin, shift[:, 0], sin * mirror, shear * sin + cos, shift[:, 1]], dim=1)
        grid = functional.affine_grid(rows.view(n, 2, 3).to(x.device), list(x.shape), align_corners=False)
        return functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)

    def _coarsen(self, x: Tensor, generator: Generator) -> Tensor:
        height, width = x.shape[2:]
        share = 1 / 3 + torch.rand((), generator=generator).item() / 2
        few = functional.interpolate(x, size=(round(share * height), round(share * width)), mode="area")
        soft = functional.interpolate(few, size=(height, width), mode="bicubic", align_corners=False).clamp(0, 1)
        chosen = torch.rand(len(x), 1, 1, 1, generator=generator) < self.coarse
        return torch.where(chosen.to(x.device), soft, x)

    def _light(self, x: Tensor, generator: Generator) -> Tensor:
        factor = (1 + _uniform(len(x), self.contrast, generator)).view(-1, 1, 1, 1).to(x.device)
        offset = _uniform(len(x), self.brightness, generator).view(-1, 1, 1, 1).to(x.device)
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        return ((x - mean) * factor + mean + offset).clamp(0, 1)

    def _erase(self, x: Tensor, generator: Generator) -> Tensor:
        n, _, height, width = x.shape
        draw = torch.rand(5, n, generator=generator)
        area, aspect = 0.02 + 0.18 * draw[0], torch.exp(math.log(3) * (2 * draw[1] - 1))
        half_h, half_w = height * torch.sqrt(area * aspect) / 2, width * torch.sqrt(area / aspect) / 2
        rows = (torch.arange(height) - height * draw[2].unsqueeze(1)).abs() < half_h.unsqueeze(1)
        columns = (torch.arange(width) - width * draw[3].unsqueeze(1)).abs() < half_w.unsqueeze(1)
        hole = rows.unsqueeze(2) & columns.unsqueeze(1) & (draw[4] < self.erasing).view(-1, 1, 1)
        noise = torch.rand(n, 1, height, width, generator=generator)
        return torch.where(hole.unsqueeze(1).to(x.device), noise.to(x.device), x)

    def _mix(self, x: Tensor, targets: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        # Two Gamma draws make a Beta; torch.distributions takes no generator, so they come from NumPy's.
        rng = np.random.default_rng(int(torch.randint(2**62, (), generator=generator)))
        share = float(rng.beta(self.mixup, self.mixup))
        partner = torch.randperm(len(x), generator=generator).to(x.device)
        return share * x + (1 - share) * x[partner], share * targets + (1 - share) * targets[partner]


def _uniform(n: int, half_width: float, generator: Generator) -> Tensor:
    return (2 * torch.rand(n, generator=generator) - 1) * half_width
