"""The shipped networks, by name; each file's SHA-256 is checked before it is used."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mien.errors import ModelError
from mien.models.contract import Contract, DetectorContract, ModelContract
from mien.models.text_contract import CharacterContract, LineContract

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """A shipped network: the kind of its contract, its file beside this module, the file's SHA-256, what it is in a line."""

    contract: type[ModelContract]
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
    "mien-detector": Entry(
        contract=DetectorContract,
        file="mien-detector.onnx",
        sha256="8298aea6047935d8b924b791ed560a7a6f306b2a81a847e4c632c6e1965c5ec9",
        summary="finds faces and their landmarks; our own, trained on composed scenes",
    ),
    "mien": Entry(
        contract=Contract,
        file="mien.onnx",
        sha256="035483405a30af3ded2541f0f0203a8b057156d4b710a77485fb7f8aafb2ec57",
        summary="our network: fourteen convolutions, most of them separable, trained by us on the votes of FER+",
    ),
    "mien-tiny": Entry(
        contract=Contract,
        file="mien-tiny.onnx",
        sha256="090a57374ad2634177320d7bc686525b437631972a7e7e7f915c4fadcf50ae9e",
        summary="a quarter of the numbers, all convolutions separable but the first; taught by mien: the page's default",
    ),
    "seed": Entry(
        contract=Contract,
        file="seed.onnx",
        sha256="7f15d14d90b30e8702eca42ebeecc142dd35aa30c2965b7110dc42904238b652",
        summary="the network of the seed (six convolutions, a dense layer), trained by us on the votes of FER+",
    ),
    "eigenface-perceptron": Entry(
        contract=Contract,
        file="eigenface-perceptron.onnx",
        sha256="77c405638ab7afb72d33139f2ec5782f81195d56a6b941505998668a56c4decf",
        summary="principal components and a perceptron, the thesis of the seed rebuilt",
    ),
    "eigenface-tree": Entry(
        contract=Contract,
        file="eigenface-tree.onnx",
        sha256="8e378b401ad2826a14c3853ee1e9c69a7fc490f0165d77d220bfadb4b37f6334",
        summary="principal components and a decision tree, the thesis's other method",
    ),
    "mien-lines": Entry(
        contract=LineContract,
        file="mien-lines.onnx",
        sha256="bd0fbf4e74d4f0d33b8385e72bf9c7a240d8be9163584cfcceafcc4ae64637a8",
        summary="reads lines of printed text, English and Vietnamese; convolutions and CTC",
    ),
    "perceptron": Entry(
        contract=CharacterContract,
        file="perceptron.onnx",
        sha256="6596980569c0465584563f61e35c57d15ebb52d6b7ab975a3ed386b3556845fa",
        summary="the seed's reader of printed characters: a grid and a perceptron, trained on mien.nn in 20 fonts",
    ),
}

DEFAULT_MODEL: Final = "mien"
FACE_DETECTOR: Final = "mien-detector"
LINE_READER: Final = "mien-lines"
CHARACTER_READER: Final = "perceptron"


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
