"""What the service answers, made from the results of the library."""

from typing import Any

from pydantic import BaseModel, Field

from mien.faces.expressions import EXPRESSIONS, Expression
from mien.faces.face import Face
from mien.text.result import PageText


class BoxAnswer(BaseModel):
    """Left edge, top edge, width, height, in pixels of the upright picture."""

    x: float
    y: float
    width: float
    height: float


class ReadingAnswer(BaseModel):
    """What a face expresses."""

    expression: Expression | None = Field(description="None when unsure.")
    confidence: float = Field(
        ge=0, le=1, description="The chance that the expression, or what it would be were it not unsure, is right."
    )
    distribution: dict[Expression, float] = Field(description="How ten people would vote; sums to 1.")


class FaceAnswer(BaseModel):
    """One found face."""

    box: BoxAnswer
    score: float = Field(ge=0, le=1, description="How sure the detector is.")
    landmarks: list[tuple[float, float]] | None = Field(
        description="Right eye, left eye, nose, right and left corner of the mouth; None from a detector that has none."
    )
    reading: ReadingAnswer


class PictureAnswer(BaseModel):
    """One picture of a request: its faces, largest first, or the error that says why there are none."""

    faces: list[FaceAnswer] = []
    error: str | None = None


class FacesAnswer(BaseModel):
    """The pictures of a request, in its order."""

    pictures: list[PictureAnswer]


class StreamAnswer(BaseModel):
    """What the newest frame of a stream shows; ``frame`` counts the frames that came, from 0."""

    frame: int
    faces: list[FaceAnswer] = []
    error: str | None = None


class WordAnswer(BaseModel):
    """A word that was read."""

    text: str
    box: BoxAnswer
    confidence: float = Field(ge=0, le=1, description="The chance that all of the word is right.")


class LineAnswer(BaseModel):
    """A line of text."""

    text: str
    words: list[WordAnswer]
    box: BoxAnswer


class TextAnswer(BaseModel):
    """The text of a picture, its lines in reading order; ``angle``: degrees by which they lay turned clockwise."""

    width: int
    height: int
    angle: float
    text: str
    lines: list[LineAnswer]


class ModelAnswer(BaseModel):
    """A shipped network: its contract, its card, whether this service uses it."""

    name: str
    kind: str
    used: bool
    contract: dict[str, Any]
    card: str


def text_answer(page: PageText) -> TextAnswer:
    """A page that has been read."""
    return TextAnswer.model_validate(page.to_json())


def face_answer(face: Face) -> FaceAnswer:
    """A face that has been read."""
    if face.reading is None:
        raise ValueError("expected a face that has been read")
    return FaceAnswer(
        box=BoxAnswer(x=face.box.x, y=face.box.y, width=face.box.width, height=face.box.height),
        score=face.score,
        landmarks=None if face.landmarks is None else [(x, y) for x, y in face.landmarks],
        reading=ReadingAnswer(
            expression=face.reading.expression,
            confidence=face.reading.confidence,
            distribution=dict(zip(EXPRESSIONS, face.reading.distribution, strict=True)),
        ),
    )
