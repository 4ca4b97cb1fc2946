"""The shipped networks, by name; each file's SHA-256 is checked before it is used."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mien.errors import ModelError

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """A shipped network: its file beside this module, the file's SHA-256, and what it is in a line."""

    file: str
    sha256: str
    summary: str

    @property
    def path(self) -> Path:
        """Where the ONNX file lies."""
        return FOLDER / self.file

    @property
    def card(self) -> str:
        """The model card, Markdown."""
        return self.path.with_suffix(".md").read_text(encoding="utf-8")


CATALOG: Final[dict[str, Entry]] = {
    "seed": Entry(
        file="seed.onnx",
        sha256="4a1b0e52fd5c373f24d45e7f532ce7d925508eef6b1ed55035c33e9d3d748677",
        summary="the network of the seed (six convolutions, a dense layer), trained by us on the votes of FER+",
    ),
}

DEFAULT_MODEL: Final = "seed"


def read_model(name_or_path: str | Path) -> bytes:
    """The bytes of a shipped network (by name; the hash is checked) or of any other ONNX file (by path).

    Raises:
        ModelError: there is no such network or file, or the shipped file has been damaged.
    """
    entry = CATALOG.get(str(name_or_path))
    path = entry.path if entry else Path(name_or_path)
    try:
        data = path.read_bytes()
    except OSError as error:
        known = ", ".join(CATALOG)
        raise ModelError(f"{name_or_path}: neither a shipped network ({known}) nor a readable .onnx file") from error
    if entry and hashlib.sha256(data).hexdigest() != entry.sha256:
        raise ModelError(f"{path}: the file is not the one that was shipped (its SHA-256 differs); install mien anew")
    return data
