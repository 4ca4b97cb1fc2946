"""The contracts of the files that read print: what the line reader and the character reader promise."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mien.models.contract import ModelContract, check, check_figures


@dataclass(frozen=True, slots=True, kw_only=True)
class LineContract(ModelContract):
    """What the file of a line reader promises.

    Its input is ``ink``, uint8 (n, height, width), 0 paper to 255, the width a multiple of ``multiple``; its output
    ``logits`` (n, width / ``stride``, 1 + characters), the blank first, to be decoded as CTC's. A second output,
    ``language``, uint8, is the language model of ``ngrams`` n-grams as ``text/language.py`` packs it.

    height: of a strip, in pixels. baseline: the row on which its letters stand. x_height: of an x in it.
    alphabet: the characters in the order of the outputs.
    figures: what was measured, fractions.
    """

    kind: ClassVar[str] = "line reader"

    height: int
    baseline: float
    x_height: float
    stride: int
    multiple: int
    alphabet: str
    ngrams: int
    figures: dict[str, float]

    def _check_fields(self) -> None:
        sizes = (self.height, self.stride, self.multiple, self.ngrams)
        check(
            "height, stride, multiple and ngrams, whole numbers above 0",
            all(isinstance(n, int) and n > 0 for n in sizes),
            sizes,
        )
        check("x-height and baseline within the height", 0 < self.x_height < self.baseline < self.height, self)
        alphabet = set(self.alphabet)
        check("an alphabet without repeats", len(alphabet) == len(self.alphabet), self.alphabet)
        known = " " in alphabet and len(alphabet) < 256
        check("an alphabet of at most 255 characters, the space among them", known, self.alphabet)
        check_figures(self.figures)

    def measured(self) -> list[str]:
        """The figures, percentages."""
        return [f"{value:.2%} {name}" for name, value in self.figures.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterContract(ModelContract):
    """What the file of a character reader promises.

    Its input is ``x``, float32 (n, rows * columns), -1 and 1 as ``text/glyph.py`` draws a character, and four numbers
    more with ``geometry``; its output ``a``: with ``outputs`` bits (n, 16), -1 to 1, the highest bit of the
    character's number first; with classes the probabilities (n, characters) in the order of ``alphabet``.

    alphabet: the characters that it was trained on. figures: what was measured, fractions.
    """

    kind: ClassVar[str] = "character reader"

    rows: int
    columns: int
    geometry: bool
    outputs: Literal["bits", "classes"]
    alphabet: str
    figures: dict[str, float]

    def _check_fields(self) -> None:
        sides = (self.rows, self.columns)
        check("rows and columns, whole numbers above 0", all(isinstance(n, int) and n > 0 for n in sides), sides)
        check("geometry, true or false", isinstance(self.geometry, bool), self.geometry)
        check("outputs, bits or classes", self.outputs in ("bits", "classes"), self.outputs)
        check("an alphabet without repeats", len(set(self.alphabet)) == len(self.alphabet) > 0, self.alphabet)
        check_figures(self.figures)

    def measured(self) -> list[str]:
        """The figures, percentages."""
        return [f"{value:.1%} {name}" for name, value in self.figures.items()]
