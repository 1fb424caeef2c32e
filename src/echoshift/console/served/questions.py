"""What a page may ask, checked before anything is opened for it."""

from typing import Annotated, TypeVar

from pydantic import Field
from pydantic_core import from_json

from echoshift.errors import EchoShiftError
from echoshift.settings import SettingName
from echoshift.validation import Strict, checked

LARGEST_QUESTION = 256 * 1024
"""Most bytes of a question."""
MOST_POINTS = 256
"""Most pictures that one question asks about."""

Value = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Point = dict[SettingName, Value]
"""Values of some settings. The others are the frame's own."""


class Refused(Exception):
    """A request that gets no answer.

    Attributes
    ----------
    status : int
        HTTP status.
    line : str
        What the page shows. It has no paths: see `reason`.
    reason : Exception or None
        What the terminal says more.
    """

    def __init__(self, status: int, line: str, reason: Exception | None = None) -> None:
        super().__init__(line)
        self.status, self.line, self.reason = status, line, reason


class PictureQuestion(Strict):
    """The picture of a frame at a point."""

    frame: str
    settings: Point


class ScoresQuestion(Strict):
    """The scores of a frame by a classifier at some points."""

    frame: str
    classifier: str
    settings: Annotated[tuple[Point, ...], Field(min_length=1, max_length=MOST_POINTS)]


Question = TypeVar("Question", PictureQuestion, ScoresQuestion)


def read_question(kind: type[Question], body: bytes) -> Question:
    """Read the JSON of a question.

    Raises
    ------
    Refused
        400 if it is no JSON, 422 if it is no such question.
    """
    try:
        value = from_json(body)
    except ValueError as error:
        raise Refused(400, f"question: not valid JSON ({error})") from None
    try:
        return checked(kind, value, "question")
    except EchoShiftError as error:
        raise Refused(422, str(error)) from None
