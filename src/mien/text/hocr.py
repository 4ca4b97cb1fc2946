"""Pages as hOCR 1.2, the HTML that keeps the places and confidences of lines and words."""

from collections.abc import Sequence
from html import escape

from mien.box import Box
from mien.text.result import Line, PageText


def hocr(pages: Sequence[tuple[str, PageText]], system: str) -> str:
    """One HTML file for the pages, each with the name of its picture; ``system`` names who read them."""
    body = "\n".join(_page(number, name, page) for number, (name, page) in enumerate(pages, start=1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<title>Text read by mien</title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />
<meta name="ocr-system" content="{escape(system)}" />
<meta name="ocr-capabilities" content="ocr_page ocr_line ocrx_word" />
</head>
<body>
{body}
</body>
</html>
"""


def _page(number: int, name: str, page: PageText) -> str:
    title = escape(f'image "{name}"; bbox 0 0 {page.width} {page.height}; ppageno {number - 1}')
    lines = "\n".join(_line(f"{number}_{i}", line) for i, line in enumerate(page.lines, start=1))
    return f'<div class="ocr_page" id="page_{number}" title="{title}">\n{lines}\n</div>'


def _line(number: str, line: Line) -> str:
    words = " ".join(
        f'<span class="ocrx_word" id="word_{number}_{i}" title="{_bbox(word.box)}; x_wconf {100 * word.confidence:.0f}">'
        f"{escape(word.text)}</span>"
        for i, word in enumerate(line.words, start=1)
    )
    return f'<span class="ocr_line" id="line_{number}" title="{_bbox(line.box)}">{words}</span>'


def _bbox(box: Box) -> str:
    return f"bbox {box.x:.0f} {box.y:.0f} {box.x + box.width:.0f} {box.y + box.height:.0f}"
