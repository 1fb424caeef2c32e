"""Validation of user input: strict pydantic models, with their errors as one line."""

import json
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from echoshift.errors import EchoShiftError
from echoshift.unknown_keys import expected_instead

Finite = Annotated[float, Field(allow_inf_nan=False)]
NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
Name = Annotated[str, StringConstraints(pattern=NAME)]
"""Name of an entry of a configuration, which becomes the name of a folder."""


class Strict(BaseModel):
    """A frozen model that rejects unknown keys, so that a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], value: object, source: str) -> Model:
    """Validate a value, or JSON text, against a model.

    Raises
    ------
    EchoShiftError
        One line with the source, the field, what was found and what was expected.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise EchoShiftError(f"{source}: not valid JSON ({error})") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise EchoShiftError(f"{source}: {_one_line(error, value, model)}") from None


def _one_line(error: ValidationError, value: object, model: type[Model]) -> str:
    """The first of pydantic's errors, with the number of the others."""
    # A misspelt key also makes the correct key missing. Report the misspelling first, as it is the one to fix.
    first, *others = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    keys, context = _keys(first["loc"], value, first["type"] == "missing"), first.get("ctx", {})
    found = "nothing" if first["type"] in ("missing", "union_tag_not_found") else repr(first["input"])
    if first["type"].startswith("union_tag"):  # the entry's kind is missing or unknown
        keys.append(context["discriminator"].strip("'"))
    if first["type"] == "union_tag_invalid":
        found = repr(context["tag"])
        expected = f"one of {context['expected_tags']}"
    elif first["type"] == "extra_forbidden":
        expected = expected_instead(first["loc"], model.model_json_schema())
    elif first["type"] in ("missing", "union_tag_not_found"):
        expected = "a value"
    elif first["type"] == "tuple_type":
        expected = "a list"
    elif context.get("pattern") == NAME:
        expected = "letters, digits and _, starting with a letter"
    else:
        expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if len(found) > 80:
        found = found[:77] + "..."
    more = f" (and {len(others)} more)" if others else ""
    field = ".".join(keys) or "top level"
    return " ".join(f"{field}: found {found}, expected {expected}{more}".split())


def _keys(location: tuple[str | int, ...], value: object, missing: bool) -> list[str]:
    """The user's keys in a location, the last of which may be missing. Pydantic also names the model of a union."""
    keys = []
    for i, key in enumerate(location):
        if (isinstance(value, dict) and key in value) or (isinstance(value, list) and key in range(len(value))):
            value = value[key]
        elif not (missing and i == len(location) - 1):
            continue
        keys.append(str(key))
    return keys
