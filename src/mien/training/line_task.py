"""What the loop needs to know to train the line reader."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn import functional

from mien.datasets.printing import LinePrinter, PrintedLine
from mien.evaluation.text import edit_distance
from mien.text.alphabet import ALPHABET
from mien.text.decoding import best_path
from mien.text.ink import Grey, ink
from mien.text.strip import STRIP_HEIGHT, cut
from mien.training.checkpoint import EpochLog
from mien.training.line_network import BLANK, STRIDE, LineNetwork
from mien.training.recipes import LineRecipe

_SHORTEST, _LONGEST = 6, 64
_VALIDATION_LINES: Final = 384
_VALIDATION_BATCH: Final = 16
_VALIDATION_SEED: Final = 1
_CODES: Final = {character: code for code, character in enumerate(ALPHABET, BLANK + 1)}
MULTIPLE: Final = 4
"""Of which the widths of strips are multiples."""


@dataclass(frozen=True)
class LineTask:
    """The line reader on printed lines, chosen by the characters right on lines of held-out fonts and texts."""

    recipe: LineRecipe
    train: LinePrinter
    heldout: LinePrinter
    name: str = "line reader"
    score: str = "characters right, held-out fonts and texts"

    def network(self) -> nn.Module:
        """A new line reader."""
        return LineNetwork()

    def setup(self) -> dict[str, Any]:
        """The recipe and a digest of the fonts and texts."""
        digest = hashlib.sha256()
        for printer in (self.train, self.heldout):
            for family in printer.families:
                digest.update(repr([(font.family, font.path.name) for font in family]).encode())
            for corpus in printer.corpora:
                digest.update("\n".join(corpus.paragraphs).encode())
        return {"recipe": asdict(self.recipe), "data": digest.hexdigest()}

    def batches(self, seed: int) -> list[Tensor]:
        """Numbers, from which the lines are drawn."""
        count = self.recipe.lines // self.recipe.batch_size
        return list(torch.arange(count * self.recipe.batch_size).view(count, -1) + seed % 2**40)

    def loss(self, network: nn.Module, rows: Tensor, seed: int, device: str) -> Tensor:
        """CTC on freshly printed lines; those of one batch are about as long as each other."""
        length = round(math.exp(np.random.default_rng(seed).uniform(math.log(_SHORTEST), math.log(_LONGEST))))
        lines = [self.train.draw(np.random.default_rng((int(row), seed)), length) for row in rows]
        strips = [strip(line, np.random.default_rng((int(row), seed, 1))) for row, line in zip(rows, lines, strict=True)]
        x = stacked(strips).to(device)
        return _ctc(network(x), strips, [line.text for line in lines])

    def validate(self, network: nn.Module, device: str) -> tuple[float, float]:
        """(CTC loss, 1 - character error rate) on the same lines each time."""
        network.eval()
        losses, wrong, characters = [], 0, 0
        for begin in range(0, _VALIDATION_LINES, _VALIDATION_BATCH):
            lines = self._validation[begin : begin + _VALIDATION_BATCH]
            strips, texts = [strip for strip, _ in lines], [text for _, text in lines]
            with torch.inference_mode():
                logits = network(stacked(strips).to(device)).cpu()
            losses.append(_ctc(logits, strips, texts).item())
            for answer, columns, text in zip(logits.numpy(), strips, texts, strict=True):
                wrong += edit_distance(best_path(answer[: columns.shape[1] // STRIDE], ALPHABET).text, text)
                characters += len(text)
        return float(np.mean(losses)), 1 - wrong / characters

    def merit(self, log: EpochLog) -> float:
        """The characters right."""
        return log.valid_score

    @cached_property
    def _validation(self) -> list[tuple[Grey, str]]:
        lines = []
        for number in range(_VALIDATION_LINES):
            rng = np.random.default_rng((number, _VALIDATION_SEED))
            lines.append(self.heldout.draw(rng, _SHORTEST + number * (_LONGEST - _SHORTEST) // _VALIDATION_LINES))
        return [(strip(line, np.random.default_rng((i, _VALIDATION_SEED, 1))), line.text) for i, line in enumerate(lines)]


def strip(line: PrintedLine, rng: Generator) -> Grey:
    """The strip of a printed line, cut with the errors that a page reader makes about its baseline and x-height."""
    x_height = line.x_height * math.exp(rng.normal(0, 0.06))
    if line.text.upper() == line.text and rng.random() < 0.5:  # who sees only capitals takes them for tall small letters
        x_height = x_height * rng.uniform(1.0, 1.45)
    baseline = line.baseline + rng.normal(0, 0.05) * line.x_height
    left, right = (edge + round(rng.normal(0, 0.1) * line.x_height) for edge in (line.left, line.right))
    return cut(ink(line.grey), left, max(left + 1, right), baseline, x_height).ink


def stacked(strips: Sequence[Grey]) -> Tensor:
    """Strips (40, width) as one tensor (n, 1, 40, widest), 0..1, with paper behind the shorter ones."""
    widest = -(-max(strip.shape[1] for strip in strips) // MULTIPLE) * MULTIPLE
    batch = np.zeros((len(strips), 1, STRIP_HEIGHT, widest), np.float32)
    for row, ink_of in zip(batch, strips, strict=True):
        row[0, :, : ink_of.shape[1]] = ink_of / 255.0
    return torch.from_numpy(batch)


def _ctc(logits: Tensor, strips: Sequence[Grey], texts: Sequence[str]) -> Tensor:
    chances = functional.log_softmax(logits, dim=2).transpose(0, 1)
    targets = torch.tensor([_CODES[character] for text in texts for character in text])
    columns = torch.tensor([strip.shape[1] // STRIDE for strip in strips])
    lengths = torch.tensor([len(text) for text in texts])
    # A line squeezed into fewer columns than it has characters has no path at all: it teaches nothing.
    return functional.ctc_loss(chances.cpu(), targets, columns, lengths, blank=BLANK, zero_infinity=True)
