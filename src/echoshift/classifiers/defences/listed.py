"""The list of defences in a classifier's entry, a record or an option.

Imports no NumPy, because planning the workflow imports this module.
"""

from importlib import import_module
from typing import Annotated, Any, Literal, Union

from pydantic import AfterValidator, BeforeValidator, Field

from echoshift.classifiers.defences import DEFENCES
from echoshift.classifiers.defences.settings import DefenceSettings
from echoshift.validation import Strict


def _named(entry: Any) -> Any:
    if isinstance(entry, dict) and "defence" not in entry:
        raise ValueError("a name, or { defence: NAME, OPTION: VALUE }")
    return {"defence": entry} if isinstance(entry, str) else entry


def defence_named(name: str) -> DefenceSettings:
    """A defence with its default options."""
    return import_module(DEFENCES[name]).Settings(defence=name)


def _fitting(defences: tuple[DefenceSettings, ...]) -> tuple[DefenceSettings, ...]:
    """Refuse defences that are listed twice or lack another."""
    names = [one.defence for one in defences]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{twice[0]} once")
    for one in defences:
        if missing := [name for name in one.needs if name not in names]:
            raise ValueError(f"also {missing[0]}, which {one.defence} needs")
    return defences


_Options = Annotated[
    Union[tuple(import_module(module).Settings for module in DEFENCES.values())],  # noqa: UP007
    Field(discriminator="defence"),
]
AnyDefence = Annotated[_Options, BeforeValidator(_named, json_schema_input_type=Literal[tuple(DEFENCES)] | _Options)]
Defences = Annotated[tuple[AnyDefence, ...], AfterValidator(_fitting)]
"""Defences of one classifier, in the order in which they act on a picture."""


class Listed(Strict):
    """Defences as a record or an option lists them."""

    defences: Defences
