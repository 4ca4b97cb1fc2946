"""The contract of a model file: everything its user must know, kept in the ONNX file's own metadata."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, Literal, Self

from mien.errors import ModelError

_KEY: Final = "mien"

Preparation = Literal["none", "equalize", "standardize"]
"""What is done to a crop's greys for a classical reader: nothing, its histogram equalised, or mean 0 and deviation 1."""


def check(expected: str, holds: bool, got: object) -> None:
    """Raises ValueError unless the field holds what was expected."""
    if not holds:
        raise ValueError(f"expected {expected}, got {got!r}")


def check_figures(figures: Mapping[str, float]) -> None:
    """Raises ValueError unless all that was measured is a number."""
    check("figures as numbers", all(isinstance(value, int | float) for value in figures.values()), figures)


@dataclass(frozen=True, slots=True)
class CropRule:
    """How a detector's box becomes the crop that the network was trained on.

    side: of the square crop, in pixels.
    margin: side of the square cut from the picture / longer side of the box.
    offset_x, offset_y: from the box's centre to the square's, in longer sides of the box (y grows downwards).
    upright: whether a face with landmarks is turned upright (see ``faces/crop.py``); the offsets turn with it.
    """

    side: int
    margin: float
    offset_x: float
    offset_y: float
    upright: bool

    def __post_init__(self) -> None:
        check("upright, true or false", isinstance(self.upright, bool), self.upright)
        check("crop side, a whole number from 8 to 1024", isinstance(self.side, int) and 8 <= self.side <= 1024, self.side)
        check("crop margin from 0.1 to 10", 0.1 <= self.margin <= 10, self.margin)
        check("crop offsets within 2", -2 <= self.offset_x <= 2 and -2 <= self.offset_y <= 2, (self.offset_x, self.offset_y))


@dataclass(frozen=True, slots=True)
class Confidence:
    """From a distribution p to the chance of each expression to be the label: softmax(weights @ log p + offsets).

    How most of ten people would vote is not always what has the largest share on average: a face that is contempt to
    everybody or to nobody has a small share of it, and yet contempt may be the likeliest label. The reading's expression is
    the label whose log chance + favour is the largest, its chance the confidence.

    weights: a row for each expression. floor: shares below it count as it.
    favour: of each expression; above 0 it is told even where another is somewhat likelier (Menon et al. 2021).
    least: below this confidence the reading is "unsure".
    """

    weights: tuple[tuple[float, ...], ...]
    offsets: tuple[float, ...]
    floor: float
    favour: tuple[float, ...]
    least: float

    def __post_init__(self) -> None:
        numbers = [value for row in (*self.weights, self.offsets, self.favour) for value in row]
        check("confidence weights, offsets and favour within 100", all(abs(value) <= 100 for value in numbers), numbers)
        square = {len(self.weights), *map(len, self.weights), len(self.favour)} == {len(self.offsets)}
        check("as many confidence weights, offsets and favours as expressions", square, self.weights)
        check("confidence floor above 0, to 0.1", 0 < self.floor <= 0.1, self.floor)
        check("least confidence from 0 to 1", 0 <= self.least <= 1, self.least)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """From what JSON has made lists of; a file that says nothing of favour has none."""
        weights, offsets = tuple(map(tuple, fields["weights"])), tuple(fields["offsets"])
        favour = tuple(fields.get("favour", (0.0,) * len(offsets)))
        return cls(**fields | {"weights": weights, "offsets": offsets, "favour": favour})


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
        check("accuracy within its interval, fractions", ordered, (self.low, self.accuracy, self.high))
        check("protocol, a name, and n above 0", isinstance(self.protocol, str) and self.n > 0, (self.protocol, self.n))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelContract:
    """What every model file says of itself.

    name, version, licence, training_data: who and whence.
    parameters: all of the network's numbers, running statistics counted.
    """

    kind: ClassVar[str]

    name: str
    version: str
    licence: str
    training_data: str
    parameters: int

    def __post_init__(self) -> None:
        texts = (self.name, self.version, self.licence, self.training_data)
        check("name, version, licence and training data as text", all(isinstance(text, str) for text in texts), texts)
        check("parameters, a whole number above 0", isinstance(self.parameters, int) and self.parameters > 0, self.parameters)
        self._check_fields()

    def measured(self) -> list[str]:
        """The figures, each with its rule, a line each."""
        raise NotImplementedError

    def to_metadata(self) -> dict[str, str]:
        """For ONNX's ``metadata_props``: one entry, JSON."""
        return {_KEY: json.dumps({"kind": self.kind} | self.to_json(), ensure_ascii=False)}

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
            kind = fields.pop("kind")
            if kind == cls.kind:
                return cls(**cls._parsed(fields))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelError(f"{file}: its contract is damaged or of another version of mien ({error})") from error
        raise ModelError(f"{file}: expected a {cls.kind}, got a {kind}; see `mien models`")

    @classmethod
    def _parsed(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return fields

    def _check_fields(self) -> None:
        """Raises ValueError where a field of the kind's own is not as it should be."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(ModelContract):
    """What a classifier's file promises.

    colour, scaling: of the input (n, 1, side, side); the network takes pixels / ``scaling``.
    equalize: whether each crop's histogram is equalised first.
    crop: how the crop is cut.
    labels: the expressions in the order of the outputs, which are logits.
    temperature: divides the logits before the soft-max.
    confidence: how the chance of each expression to be the label follows from the distribution.
    accuracies: on test, one for each protocol.
    """

    kind: ClassVar[str] = "classifier"

    colour: str
    scaling: float
    equalize: bool
    crop: CropRule
    labels: tuple[str, ...]
    temperature: float
    confidence: Confidence
    accuracies: tuple[Accuracy, ...]

    def _check_fields(self) -> None:
        texts = (self.colour, *self.labels)
        check("colour and labels as text", all(isinstance(text, str) for text in texts), texts)
        check("equalize, true or false", isinstance(self.equalize, bool), self.equalize)
        check("scaling from 0.001 to 65535", 0.001 <= self.scaling <= 65535, self.scaling)
        check("temperature from 0.001 to 1000", 0.001 <= self.temperature <= 1000, self.temperature)
        check("a confidence for each label", len(self.confidence.offsets) == len(self.labels), self.labels)

    def measured(self) -> list[str]:
        """The accuracy under each protocol, with its 95 % interval."""
        return [f"{a.accuracy:.1%} ({a.low:.1%} to {a.high:.1%}) right on test, {a.protocol}" for a in self.accuracies]

    @classmethod
    def _parsed(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return fields | {
            "crop": CropRule(**fields["crop"]),
            "labels": tuple(fields["labels"]),
            "confidence": Confidence.from_json(fields["confidence"]),
            "accuracies": tuple(Accuracy(**entry) for entry in fields["accuracies"]),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorContract(ModelContract):
    """What a face detector's file promises.

    Its inputs are ``picture``, uint8 RGB (height, width, 3), both sides multiples of ``multiple``, and ``threshold``,
    float32 (1,); its outputs, the surest face first: ``boxes`` (n, 4) left, top, width, height, ``scores`` (n,) and
    ``landmarks`` (n, 5, 2), in pixels of the input.

    smallest: the smallest face, in pixels of the input, that it finds reliably.
    threshold: the score from which on a face counts.
    figures: what was measured at that threshold, fractions.
    """

    kind: ClassVar[str] = "detector"

    multiple: int
    smallest: float
    threshold: float
    figures: dict[str, float]

    def _check_fields(self) -> None:
        check("multiple, a whole number above 0", isinstance(self.multiple, int) and self.multiple > 0, self.multiple)
        check("smallest face from 1 to 1024 pixels", 1 <= self.smallest <= 1024, self.smallest)
        check("threshold from 0 to 1", 0 <= self.threshold <= 1, self.threshold)
        check_figures(self.figures)

    def measured(self) -> list[str]:
        """The figures, percentages."""
        return [f"{value:.1%} {name}" for name, value in self.figures.items()]
