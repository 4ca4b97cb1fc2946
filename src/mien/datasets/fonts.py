"""The fonts installed on this machine that can print English and Vietnamese.

On Debian, what the shipped reader of text was trained with: ``apt-get install fonts-{lmodern,cmu,texgyre,mplus,
noto-core,liberation2,croscore,freefont-ttf,freefont-otf,dejavu-extra,roboto,open-sans,ebgaramond,inter,
sil-gentiumplus,sil-charis}``. All are free (OFL, GPL with the font exception, Apache, Bitstream
Vera); none is part of mien.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont

from mien.datasets.split import Progress
from mien.errors import DatasetError

FontSplit = Literal["train", "heldout"]

# Dates before 1970 in an old font are nobody's concern here.
logging.getLogger("fontTools").setLevel(logging.ERROR)

PLACES: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/share/texmf/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
)

# Never trained on. Proportional fonts with the same advance widths, copies and near-copies of these, are held out as well.
_HELD_OUT: Final = (
    "Arimo",
    "Tinos",
    "Cousine",
    "Liberation Mono",
    "Charis SIL",
    "Inter",
    "Inter Display",
    "Open Sans",
    "TeX Gyre Pagella",
    "TeX Gyre Adventor",
)
_UPRIGHT: Final = ("Regular", "Book", "Roman")
_PROBE: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Font:
    """A font file, the names of its family and style, and the characters that it draws.

    widths: the advance widths of letters and digits in thousandths of the em: copies of a font share them.
    """

    path: Path
    family: str
    style: str
    characters: frozenset[str]
    widths: tuple[int, ...]

    @property
    def upright(self) -> bool:
        """Whether it is neither slanted nor bold nor light."""
        return self.style.endswith(_UPRIGHT)

    def sized(self, pixels: int) -> ImageFont.FreeTypeFont:
        """The font with an em of so many pixels; kept, opening one costs more than a line."""
        return _opened(self.path, pixels)


def load(
    split: FontSplit,
    needed: str,
    *,
    upright_of: Collection[str] | None = None,
    places: Iterable[Path] = PLACES,
    progress: Progress | None = None,
) -> list[Font]:
    """The fonts of a split that draw all of ``needed``, by family and path.

    upright_of: only the upright fonts of these families, if any are there; quicker than reading every font.

    Pillow draws a box for a character that a font lacks and says nothing: what a font draws is read from its cmap.

    Raises:
        DatasetError: there is none of any family.
    """
    files = sorted(path for place in places for path in place.rglob("*") if path.suffix.lower() in (".ttf", ".otf"))
    fonts = []
    for number, path in enumerate(files, 1):
        # Which fonts are copies of those held out cannot be told without these.
        named = upright_of is None or _is_upright_of((*upright_of, *_HELD_OUT), path)
        font = _read(path) if named else None
        if font and font.characters.issuperset(needed):
            fonts.append(font)
        if progress:
            progress(number, len(files))
    copies = {font.widths for font in fonts if font.family in _HELD_OUT and len(set(font.widths)) > 1}
    chosen = [font for font in fonts if (font.family in _HELD_OUT or font.widths in copies) == (split == "heldout")]
    if upright_of is not None:
        chosen = [font for font in chosen if font.family in upright_of]
    elif not chosen:
        raise DatasetError(
            f"no {split} font with Vietnamese letters under {', '.join(map(str, places))}; on Debian: "
            "apt-get install fonts-liberation2 fonts-croscore fonts-noto-core fonts-inter fonts-dejavu-extra"
        )
    return sorted(chosen, key=lambda font: (font.family, font.path))


def families(fonts: Iterable[Font]) -> dict[str, list[Font]]:
    """Fonts by family, in order."""
    by_family: dict[str, list[Font]] = {}
    for font in fonts:
        by_family.setdefault(font.family, []).append(font)
    return by_family


@cache
def _opened(path: Path, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, pixels, layout_engine=ImageFont.Layout.BASIC)


def _is_upright_of(families: Collection[str], path: Path) -> bool:
    """Whether a file holds an upright font of one of these families."""
    try:
        with path.open("rb") as file, TTFont(file, lazy=True) as font:
            names = font["name"]
            return str(names.getBestFamilyName()) in families and str(names.getBestSubFamilyName()).endswith(_UPRIGHT)
    except (TTLibError, KeyError, OSError):
        return False


@cache
def _read(path: Path) -> Font | None:
    """The font in a file; None if it is none that letters can be printed with."""
    try:
        with path.open("rb") as file, TTFont(file, lazy=True) as font:
            # Any names will do; the glyphs' own are in tables that are slow to read.
            font.setGlyphOrder([str(number) for number in range(font["maxp"].numGlyphs)])
            cmap: dict[int, str] = font.getBestCmap() or {}
            names = font["name"]
            name = names.getBestFamilyName()
            # The font of last resort has a glyph for every character: a box that says which script it is of.
            drawn = name and "Last Resort" not in str(name)
            if drawn and all(ord(character) in cmap for character in _PROBE):
                em, metrics = font["head"].unitsPerEm, font["hmtx"]
                widths = tuple(round(1000 * metrics[cmap[ord(character)]][0] / em) for character in _PROBE)
                return Font(path, str(name), str(names.getBestSubFamilyName()), frozenset(map(chr, cmap)), widths)
    except (TTLibError, KeyError, OSError):
        pass
    return None
