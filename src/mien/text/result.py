"""What reading a page returns: its lines and words, each with its place and how sure it is."""

from dataclasses import asdict, dataclass
from typing import Any

from mien.box import Box


@dataclass(frozen=True, slots=True)
class Word:
    """A word, where it stands in the picture, and the chance, 0..1, that all of it is right."""

    text: str
    box: Box
    confidence: float

    def __post_init__(self) -> None:
        if not self.text or any(character.isspace() for character in self.text):
            raise ValueError(f"a word has characters and no white space, got {self.text!r}")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence lies from 0 to 1, got {self.confidence}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, at least one word, and the box around its ink."""

    words: tuple[Word, ...]
    box: Box

    def __post_init__(self) -> None:
        if not self.words:
            raise ValueError("a line has at least one word")

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class PageText:
    """The lines of a picture of ``width`` x ``height`` pixels in reading order; boxes are in its pixels.

    angle: degrees by which the lines lay turned clockwise from level; boxes of turned lines are those around them.
    """

    width: int
    height: int
    lines: tuple[Line, ...]
    angle: float = 0.0

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """Lines with their words, boxes and confidences, for JSON."""
        lines = [{"text": line.text} | asdict(line) for line in self.lines]
        return {"width": self.width, "height": self.height, "angle": self.angle, "text": self.text, "lines": lines}
