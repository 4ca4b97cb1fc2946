from pathlib import Path

import matplotlib
import pytest

from mien.datasets import fonts
from mien.datasets.fonts import Font
from mien.text.alphabet import PRINTED
from mien.text.reader import TextReader


@pytest.fixture(scope="session")
def font() -> Font:
    """DejaVu Sans, which comes with matplotlib and has the letters of Vietnamese."""
    places = [Path(matplotlib.get_data_path()) / "fonts"]
    found = [font for font in fonts.load("train", PRINTED, places=places) if font.family == "DejaVu Sans"]
    return next(font for font in found if font.style == "Book")


@pytest.fixture(scope="session")
def reader() -> TextReader:
    return TextReader()
