"""mien reads facial expressions: it finds every face in a picture and says what it expresses.

>>> from mien import look
>>> [face.reading.expression for face in look("photo.jpg")]

It reads printed text too: ``from mien import read; read("page.png").text``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.box import Box as Box
    from mien.errors import ConfigError as ConfigError
    from mien.errors import DatasetError as DatasetError
    from mien.errors import MienError as MienError
    from mien.errors import ModelError as ModelError
    from mien.errors import PictureError as PictureError
    from mien.faces.expressions import EXPRESSIONS as EXPRESSIONS
    from mien.faces.face import Face as Face
    from mien.faces.face import Reading as Reading
    from mien.faces.reader import FaceReader as FaceReader
    from mien.faces.reader import look as look
    from mien.text.reader import TextReader as TextReader
    from mien.text.reader import read as read
    from mien.text.result import Line as Line
    from mien.text.result import PageText as PageText
    from mien.text.result import Word as Word

__version__ = "0.1.0"

# The door, by name; what lies behind it is imported on first use, so that `import mien` stays cheap.
_ROOMS = {
    "mien.box": ("Box",),
    "mien.errors": ("ConfigError", "DatasetError", "MienError", "ModelError", "PictureError"),
    "mien.faces.expressions": ("EXPRESSIONS",),
    "mien.faces.face": ("Face", "Reading"),
    "mien.text.reader": ("TextReader", "read"),
    "mien.text.result": ("Line", "PageText", "Word"),
    "mien.faces.reader": ("FaceReader", "look"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = ["__version__", *_ROOM_OF]  # noqa: PLE0604  a list of strings all the same


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'mien' has no attribute {name!r}")
    return getattr(import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
