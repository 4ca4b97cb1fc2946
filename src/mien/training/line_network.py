"""The line reader's network: ink of a line (n, 1, 40, width) to logits (n, columns, characters + 1), the blank first."""

from typing import Final

from torch import Tensor, nn

from mien.text.alphabet import ALPHABET

# A strip's columns for one column of the answer; l and i are six columns wide at the least.
STRIDE: Final = 2
BLANK: Final = 0
_WIDTH: Final = 160


class _Temporal(nn.Module):
    """A residual step along the line: depthwise over seven columns, then across the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.step = nn.Sequential(
            nn.Conv2d(channels, channels, (1, 7), padding=(0, 3), groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(x + self.step(x))


class LineNetwork(nn.Module):
    """Convolutions that shrink the height to one and the width to a quarter, steps along the line, two answers a column.

    Trained with connectionist temporal classification (Graves et al. 2006): a character is told where its ink ends
    or nearby, a blank everywhere else. Two answers a column, because CTC needs a blank between the l of "ll".
    """

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Sequential(
            *_convolution(1, 24, (5, 5), stride=(2, 2)),
            *_convolution(24, 40, (3, 3), stride=(2, 1)),
            *_convolution(40, 64, (3, 3), stride=(1, 2)),
            *_convolution(64, 64, (3, 3), stride=(2, 1)),
            *_convolution(64, 64, (3, 3)),
            nn.Conv2d(64, _WIDTH, (5, 1), bias=False),
            nn.BatchNorm2d(_WIDTH),
            nn.ReLU(),
        )
        self.along = nn.Sequential(*(_Temporal(_WIDTH) for _ in range(4)))
        self.halves = nn.Sequential(*_convolution(_WIDTH // 2, 96, (1, 3)), nn.Dropout(0.1))
        self.spell = nn.Conv2d(96, 1 + len(ALPHABET), 1)

    def forward(self, ink: Tensor) -> Tensor:
        """Logits (n, width / 2, characters + 1) of ink (n, 1, 40, width), 0..1, the width a multiple of 4."""
        x = self.along(self.look(ink))
        # Each column's channels become two columns of half of them.
        x = x.view(x.shape[0], 2, _WIDTH // 2, x.shape[3]).permute(0, 2, 3, 1).reshape(x.shape[0], _WIDTH // 2, 1, -1)
        return self.spell(self.halves(x)).squeeze(2).transpose(1, 2)  # type: ignore[no-any-return]


def _convolution(inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> list[nn.Module]:
    padding = (kernel[0] // 2, kernel[1] // 2)
    return [nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
