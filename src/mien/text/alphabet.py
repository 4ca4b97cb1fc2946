"""The characters that the line reader knows, and how text is brought to them."""

import unicodedata
from typing import Final

_TONES: Final = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")  # level, huyen, hoi, nga, sac, nang
_VOWELS: Final = "aăâeêioôơuưy"
_VIETNAMESE: Final = "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES) + "đ"
_ASCII: Final = "".join(map(chr, range(32, 127)))
LETTERS: Final = "".join(c for c in _VIETNAMESE + _VIETNAMESE.upper() if c not in _ASCII)
"""The letters of Vietnamese that ASCII lacks, small then capital."""

_TYPOGRAPHY: Final = "“”‘’–—…•·×°§©€₫±"

PRINTED: Final = _ASCII + LETTERS
"""What a font must draw to be trained or measured on."""

ALPHABET: Final = _ASCII + LETTERS + _TYPOGRAPHY
"""ASCII, the letters of Vietnamese, and what typesetters use: 245 characters, in the order of the network's outputs."""

# What looks the same on paper, or nearly: the reader gives the character on the right.
_ALIKE: Final = str.maketrans(
    {"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2010": "-", "\u2011": "-", "\u2012": "–", "\u2212": "-", "\u00ad": None}
)


def spelled(text: str) -> str:
    """``text`` composed (NFC), with one character for those that look alike, and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_ALIKE).split())
