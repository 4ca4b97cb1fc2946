"""Text to print: English and Vietnamese, code, symbols; from what Debian installs, each with its licence.

``apt-get install hunspell-vi hunspell-en-us installation-guide-amd64 libreoffice-help-vi libreoffice-help-en-us``

| source | licence |
|---|---|
| the Debian installation guide, en and vi | GPL-2+ |
| LibreOffice's help, en-US and vi | MPL-2.0 |
| the word lists of hunspell-vi, hunspell-en-us | GPL-2+ / LGPL, BSD |
| Python's standard library, for code | PSF-2.0 |

Only lines of these texts are printed, to train and to measure on; none of the text is part of mien.
"""

import gettext
import sysconfig
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, Literal

from mien.datasets.split import Progress
from mien.errors import DatasetError
from mien.text.alphabet import ALPHABET, LETTERS, spelled

TextSplit = Literal["train", "heldout"]
Kind = Literal["vietnamese", "english", "code", "words"]

_HELP: Final = Path("/usr/share/libreoffice/help")
_GUIDE: Final = Path("/usr/share/doc/installation-guide-amd64")
_LISTS: Final = Path("/usr/share/hunspell")
_LICENCES: Final = Path("/usr/share/common-licenses")
_MESSAGES: Final = Path("/usr/share/locale/vi/LC_MESSAGES")
_SHORTEST: Final = 3
_HEADING: Final = 80
_COPIED: Final = 8
# One paragraph in so many is held out; the same paragraph in two places is on one side.
_HELD_OUT: Final = 10
_VIETNAMESE: Final = frozenset(LETTERS)
_BLOCKS: Final = {"p", "h1", "h2", "h3", "h4", "h5", "li", "dt", "dd", "td", "th", "title", "div", "pre"}


@dataclass(frozen=True, slots=True)
class Corpus:
    """Paragraphs of a kind of text, each of characters of the alphabet only; of code and words, lines and words."""

    kind: Kind
    paragraphs: tuple[str, ...]


def load(split: TextSplit, *, progress: Progress | None = None) -> list[Corpus]:
    """The corpora, in the order of ``Kind``; the same paragraph is taken once.

    Raises:
        DatasetError: one of them is not installed.
    """
    sources: list[tuple[Kind, list[Path], Callable[[str], list[str]]]] = [
        ("vietnamese", [*_files(_HELP / "vi", "*.html"), *_files(_GUIDE / "vi", "*.html")], _paragraphs),
        ("english", [*_files(_HELP / "en-US", "*.html"), *_files(_GUIDE / "en", "*.html")], _paragraphs),
        ("code", _files(Path(sysconfig.get_path("stdlib")), "*.py"), str.splitlines),
        ("words", [*_files(_LISTS, "vi_VN.dic"), *_files(_LISTS, "en_US.dic")], _words),
    ]
    total, done = sum(len(files) for _, files, _ in sources), 0
    corpora = []
    for kind, files, read in sources:
        paragraphs: dict[str, None] = {}
        for path in files:
            done += 1
            text = path.read_text(encoding="utf-8", errors="replace")
            paragraphs.update(dict.fromkeys(p for p in _printable(read(text)) if _is_in(split, p)))
            if progress:
                progress(done, total)
        if kind == "vietnamese":  # half of the translated help is English still
            paragraphs = {p: None for p in paragraphs if not _VIETNAMESE.isdisjoint(p)}
        corpora.append(Corpus(kind, tuple(paragraphs)))
    if empty := [corpus.kind for corpus in corpora if not corpus.paragraphs]:
        raise DatasetError(
            f"no text of the kinds {', '.join(empty)}; on Debian: apt-get install hunspell-vi hunspell-en-us "
            "installation-guide-amd64 libreoffice-help-vi libreoffice-help-en-us"
        )
    return corpora


def others(known: Iterable[Corpus]) -> dict[str, list[str]]:
    """English and Vietnamese paragraphs unlike those above, and in none of ``known``: licences, and what programs say.

    Raises:
        DatasetError: there are none on this machine.
    """
    licences = "\n\n".join(path.read_text(encoding="utf-8", errors="replace") for path in _files(_LICENCES, "*"))
    messages: list[str] = []
    for path in _files(_MESSAGES, "*.mo"):
        with path.open("rb") as file:
            catalog: dict[object, str] = vars(gettext.GNUTranslations(file))["_catalog"]
        messages += [told for message, told in catalog.items() if message]  # the empty one's is the file's head
    vietnamese = [message for message in messages if not _VIETNAMESE.isdisjoint(message)]
    seen = {run for corpus in known for paragraph in corpus.paragraphs for run in _passages(paragraph)}
    found = {"english": _prose(licences.split("\n\n")), "vietnamese": _prose(vietnamese)}
    new = {language: [p for p in prose if seen.isdisjoint(_passages(p))] for language, prose in found.items()}
    if empty := [language for language, prose in new.items() if not prose]:
        raise DatasetError(f"no other texts of the languages {', '.join(empty)} under {_LICENCES} and {_MESSAGES}")
    return new


def _passages(paragraph: str) -> list[str]:
    """Every eight words of it that follow each other: what has one of them in common was copied."""
    words = paragraph.split()
    return [" ".join(words[i : i + _COPIED]) for i in range(len(words) - _COPIED + 1)]


def _prose(paragraphs: Iterable[str]) -> list[str]:
    """Each once, its white space as single spaces; headings left out."""
    joined = _printable(" ".join(paragraph.split()) for paragraph in paragraphs)
    return [paragraph for paragraph in dict.fromkeys(joined) if len(paragraph) > _HEADING]


def _files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(folder.rglob(pattern)) if "site-packages" not in path.parts]


def _is_in(split: TextSplit, paragraph: str) -> bool:
    number = zlib.crc32(paragraph.encode())
    return (number % _HELD_OUT == 0) == (split == "heldout")


def _printable(paragraphs: Iterable[str]) -> list[str]:
    known = set(ALPHABET)
    composed = (spelled(paragraph) for paragraph in paragraphs)
    return [text for text in composed if len(text) >= _SHORTEST and known.issuperset(text)]


def _words(text: str) -> list[str]:
    """The words of a hunspell list: a count, then a word a line, flags behind a slash."""
    return [line.split("/")[0].split("\t")[0] for line in text.splitlines()[1:]]


def _paragraphs(html: str) -> list[str]:
    parser = _Paragraphs()
    parser.feed(html)
    parser.close()
    return parser.paragraphs


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.paragraphs: list[str] = [""]
        self._silent = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent += 1
        elif tag in _BLOCKS:
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag in _BLOCKS:
            self.paragraphs.append("")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.paragraphs[-1] += data
