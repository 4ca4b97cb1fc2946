"""The vocabulary: eight expressions, in one order and one spelling, everywhere."""

from typing import Final, Literal, get_args

Expression = Literal["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]

EXPRESSIONS: Final[tuple[Expression, ...]] = get_args(Expression)

FIVE: Final[tuple[Expression, ...]] = ("neutral", "happiness", "sadness", "anger", "disgust")
"""Those that the thesis among the sources compares methods on."""
