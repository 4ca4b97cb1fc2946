from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pypdfium2
import pytest

from mien.box import Box
from mien.errors import PictureError
from mien.text.drawing import annotate
from mien.text.hocr import hocr
from mien.text.pdf import compressed, is_pdf, pages, write_searchable
from mien.text.result import Line, PageText, Word

WORDS = (Word("Chữ", Box(100, 50, 60, 30), 0.9), Word('<"&', Box(170, 50, 60, 30), 0.4))
PAGE = PageText(600, 400, (Line(WORDS, Box(100, 50, 130, 30)),))
PICTURE = np.full((400, 600, 3), 255, np.uint8)


def test_hocr_keeps_words_boxes_and_confidences() -> None:
    tree = ET.fromstring(hocr([("a.png", PAGE), ('"b".png', PageText(10, 10, ()))], "mien").encode())  # noqa: S314  our own
    spans = [element for element in tree.iter() if element.get("class") == "ocrx_word"]
    assert [span.text for span in spans] == ["Chữ", '<"&']
    assert spans[0].get("title") == "bbox 100 50 160 80; x_wconf 90"
    assert len([element for element in tree.iter() if element.get("class") == "ocr_page"]) == 2


def test_a_searchable_pdf_holds_the_words_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    write_searchable([(compressed(PICTURE), page) for page in (PAGE, PageText(600, 400, ()))], path)
    assert is_pdf(path)
    document = pypdfium2.PdfDocument(path)
    assert len(document) == 2
    text = document[0].get_textpage()
    assert text.get_text_range().split() == ["Chữ", '<"&']
    left, bottom, _, _ = text.get_charbox(0)
    assert left == pytest.approx(100 * 72 / 300, abs=1)
    assert bottom == pytest.approx((400 - 80) * 72 / 300, abs=2)
    assert [page.shape for page in pages(path)] == [(400, 600, 3)] * 2


def test_a_damaged_pdf_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7 nothing more")
    with pytest.raises(PictureError, match=r"broken\.pdf: the PDF is damaged"):
        list(pages(path))


def test_an_annotated_page_is_marked_at_its_words() -> None:
    marked = annotate(PICTURE, PAGE)
    assert (marked[50, 100:160] != 255).any()
    assert (marked[200:] == 255).all()


def test_results_check_themselves() -> None:
    with pytest.raises(ValueError, match="no white space"):
        Word("two words", Box(0, 0, 1, 1), 0.5)
    with pytest.raises(ValueError, match="from 0 to 1"):
        Word("word", Box(0, 0, 1, 1), 1.5)
    with pytest.raises(ValueError, match="at least one word"):
        Line((), Box(0, 0, 1, 1))
    assert PAGE.to_json()["lines"][0]["words"][0]["box"] == {"x": 100, "y": 50, "width": 60, "height": 30}
