"""The contract of a model file: everything its user must know, kept in the ONNX file's own metadata."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from mien.errors import ModelError

_KEY: Final = "mien"


def _check(expected: str, holds: bool, got: object) -> None:
    if not holds:
        raise ValueError(f"expected {expected}, got {got!r}")


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

    def __post_init__(self) -> None:
        _check("crop side, a whole number from 8 to 1024", isinstance(self.side, int) and 8 <= self.side <= 1024, self.side)
        _check("crop margin from 0.1 to 10", 0.1 <= self.margin <= 10, self.margin)
        _check("crop offsets within 2", -2 <= self.offset_x <= 2 and -2 <= self.offset_y <= 2, (self.offset_x, self.offset_y))


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Top-1 accuracy under a named protocol, a fraction, with its 95 % Wilson interval, on n pictures."""

    protocol: str
    accuracy: float
    low: float
    high: float
    n: int

    def __post_init__(self) -> None:
        ordered = 0 <= self.low <= self.accuracy <= self.high <= 1
        _check("accuracy within its interval, fractions", ordered, (self.low, self.accuracy, self.high))
        _check("protocol, a name, and n above 0", isinstance(self.protocol, str) and self.n > 0, (self.protocol, self.n))


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

    def __post_init__(self) -> None:
        texts = (self.name, self.version, self.licence, self.training_data, self.colour, *self.labels)
        _check("names, licence, colour and labels as text", all(isinstance(text, str) for text in texts), texts)
        _check("parameters, a whole number above 0", isinstance(self.parameters, int) and self.parameters > 0, self.parameters)
        _check("scaling from 0.001 to 65535", 0.001 <= self.scaling <= 65535, self.scaling)
        _check("temperature from 0.001 to 1000", 0.001 <= self.temperature <= 1000, self.temperature)

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
