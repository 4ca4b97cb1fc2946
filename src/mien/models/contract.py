"""The contract of a model file: everything its user must know, kept in the ONNX file's own metadata."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from mien.errors import ModelError

_KEY: Final = "mien"


@dataclass(frozen=True, slots=True)
class CropRule:
    """How a detector's box becomes the crop that the network was trained on.

    side: of the square crop, in pixels.
    margin: side of the square cut from the picture / longer side of the box.
    offset_x, offset_y: from the box's centre to the square's, in longer sides of the box (y grows downwards).
    """

    side: int
    margin: float
    offset_x: float
    offset_y: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Top-1 accuracy under a named protocol, a fraction, with its 95 % Wilson interval, on n pictures."""

    protocol: str
    accuracy: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Contract:
    """What a classifier's file promises.

    name, version, licence, training_data: who and whence.
    parameters: all of the network's numbers, running statistics counted.
    colour, scaling: of the input (n, 1, side, side); the network takes pixels / ``scaling``.
    crop: how the crop is cut.
    labels: the expressions in the order of the outputs, which are logits.
    temperature: divides the logits before the soft-max.
    accuracies: on test, one for each protocol.
    """

    name: str
    version: str
    licence: str
    training_data: str
    parameters: int
    colour: str
    scaling: float
    crop: CropRule
    labels: tuple[str, ...]
    temperature: float
    accuracies: tuple[Accuracy, ...]

    def to_metadata(self) -> dict[str, str]:
        """For ONNX's ``metadata_props``: one entry, JSON."""
        return {_KEY: json.dumps(self.to_json(), ensure_ascii=False)}

    def to_json(self) -> dict[str, Any]:
        """The fields under their names."""
        return asdict(self)

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], file: str) -> Self:
        """The contract in the metadata of ``file``, which is only named in errors.

        Raises:
            ModelError: there is none, or it is not of this form.
        """
        if _KEY not in metadata:
            raise ModelError(f"{file}: not a model of mien: its metadata holds no contract; see `mien models`")
        try:
            fields: dict[str, Any] = json.loads(metadata[_KEY])
            fields["crop"] = CropRule(**fields["crop"])
            fields["labels"] = tuple(fields["labels"])
            fields["accuracies"] = tuple(Accuracy(**entry) for entry in fields["accuracies"])
            return cls(**fields)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelError(f"{file}: its contract is damaged or of another version of mien ({error})") from error
