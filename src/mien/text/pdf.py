"""PDF pages as pictures, and pictures with their text as a PDF that can be searched. Needs the `pdf` extra."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from mien.errors import ConfigError, PictureError
from mien.files import replacing
from mien.pictures import Limits, Picture, describe
from mien.text.result import PageText

if TYPE_CHECKING:
    from fpdf import FPDF

_DPI: Final = 300
_POINTS: Final = 72
_NEEDS: Final = "PDF files need the pdf extra: pip install 'mien[pdf]'"
_FONT: Final = "mien-invisible"
_EM: Final = 1000
_ADVANCE: Final = 500


def is_pdf(path: Path) -> bool:
    """Whether the file begins as a PDF does; False for what cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(5) == b"%PDF-"
    except OSError:
        return False


def pages(path: Path) -> Iterator[Picture]:
    """The pages of a PDF file at 300 dots an inch, RGB; larger ones as large as the limits allow.

    Raises:
        ConfigError: the `pdf` extra is not installed.
        PictureError: the file is damaged or locked.
    """
    try:
        import pypdfium2
    except ModuleNotFoundError:
        raise ConfigError(_NEEDS) from None
    try:
        document = pypdfium2.PdfDocument(path)
        for number in range(len(document)):
            page = document[number]
            inches = page.get_width() * page.get_height() / _POINTS**2
            dpi = min(_DPI, (Limits().pixels / max(inches, 1e-6)) ** 0.5)
            bitmap = page.render(scale=dpi / _POINTS)
            yield np.array(bitmap.to_pil().convert("RGB"))
            page.close()
        document.close()
    except pypdfium2.PdfiumError as error:
        raise PictureError(f"{describe(path)}: the PDF is damaged or locked ({error})") from error


def compressed(picture: Picture) -> bytes:
    """A page's picture as a PDF holds it, JPEG: a book of them fits into memory."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def write_searchable(read: Iterable[tuple[bytes, PageText]], path: Path) -> None:
    """The ``compressed`` pictures as the pages of a PDF file, 300 dots an inch, with their words unseen where they stand.

    Raises:
        ConfigError: the `pdf` extra is not installed.
    """
    try:
        from fpdf import FPDF
    except ModuleNotFoundError:
        raise ConfigError(_NEEDS) from None
    pages = list(read)
    characters = sorted({c for _, page in pages for line in page.lines for word in line.words for c in word.text})
    with TemporaryDirectory() as folder:
        font = Path(folder) / "font.ttf"
        font.write_bytes(_font_without_ink(" " + "".join(characters)))
        pdf = FPDF(unit="pt")
        pdf.set_auto_page_break(False)
        pdf.add_font(_FONT, fname=font)
        for jpeg, page in pages:
            _add_page(pdf, jpeg, page)
        with replacing(path) as partial:
            partial.write_bytes(bytes(pdf.output()))


def _add_page(pdf: "FPDF", jpeg: bytes, page: PageText) -> None:
    from fpdf.enums import TextMode

    points = _POINTS / _DPI
    pdf.add_page(format=(page.width * points, page.height * points))
    pdf.image(io.BytesIO(jpeg), 0, 0, page.width * points, page.height * points)
    with pdf.local_context(text_mode=TextMode.INVISIBLE):
        for word in (word for line in page.lines for word in line.words):
            size = max(1.0, word.box.height * points)
            pdf.set_font(_FONT, size=size)
            pdf.set_stretching(100 * word.box.width * points / (size * len(word.text) * _ADVANCE / _EM))
            pdf.text(word.box.x * points, (word.box.y + word.box.height) * points, word.text)


def _font_without_ink(characters: str) -> bytes:
    """A font in which each of the characters is an empty square: text can be found and copied, and is not seen."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.ttLib.tables._g_l_y_f import Glyph

    names = [".notdef", *(f"u{ord(character):04X}" for character in dict.fromkeys(characters))]
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({int(name[1:], 16): name for name in names[1:]})
    builder.setupGlyf({name: Glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (_ADVANCE, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": _FONT, "styleName": "Regular", "psName": _FONT})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    stream = io.BytesIO()
    builder.save(stream)
    return stream.getvalue()
