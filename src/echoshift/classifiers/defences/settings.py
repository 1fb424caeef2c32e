"""Settings common to all defences, and the list of them in a classifier's entry.

Imports no NumPy, because planning the workflow imports this module.
"""

import hashlib
import json
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any, ClassVar, Union

from pydantic import AfterValidator, BeforeValidator, Field

from echoshift.classifiers.defences import DEFENCES
from echoshift.validation import Strict


class DefenceSettings(Strict):
    """Settings of one defence. The settings class of a defence adds its `defence` and its options.

    Attributes
    ----------
    of_pictures : bool
        Whether a predictor is asked about other pictures than the ones it is given.
    in_training : bool
        Whether the network is trained on other pictures than the training items.
    wraps_given : bool
        Whether it needs no training, so that a given model can have it.
    needs : tuple of str
        Defences that must be in the same list.
    """

    of_pictures: ClassVar[bool] = False
    in_training: ClassVar[bool] = False
    wraps_given: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ()


def _named(entry: Any) -> Any:
    return {"defence": entry} if isinstance(entry, str) else entry


def _fitting(defences: tuple[DefenceSettings, ...]) -> tuple[DefenceSettings, ...]:
    """Refuse defences that are listed twice or lack another."""
    names = [one.defence for one in defences]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{twice[0]} once")
    for one in defences:
        if missing := [name for name in one.needs if name not in names]:
            raise ValueError(f"also {missing[0]}, which {one.defence} needs")
    return defences


_MODELS = tuple(import_module(module).Settings for module in DEFENCES.values())
AnyDefence = Annotated[
    Annotated[Union[_MODELS], Field(discriminator="defence")],  # noqa: UP007
    BeforeValidator(_named, json_schema_input_type=str | Union[_MODELS]),  # noqa: UP007
]
Defences = Annotated[tuple[AnyDefence, ...], AfterValidator(_fitting)]
"""Defences of one classifier, in the order in which they act on a picture."""


class Listed(Strict):
    """Defences as a record or an option lists them."""

    defences: Defences


def of_pictures(defences: Iterable[DefenceSettings]) -> list[DefenceSettings]:
    """Those that change the pictures that a predictor is asked about."""
    return [one for one in defences if one.of_pictures]


def in_training(defences: Iterable[DefenceSettings]) -> list[DefenceSettings]:
    """Those that change the pictures that a network is trained on, and so the features of the training items."""
    return [one for one in defences if one.in_training]


def modules_of(defences: Iterable[DefenceSettings]) -> list[str]:
    """Modules of defences, on whose source a job depends."""
    return [DEFENCES[one.defence] for one in defences]


def as_json(defences: Iterable[DefenceSettings]) -> list[dict[str, Any]]:
    """Defences as JSON values, which validation takes back."""
    return [one.model_dump(mode="json") for one in defences]


def recorded(defences: Iterable[DefenceSettings]) -> dict[str, Any]:
    """What a record says about defences: nothing without any."""
    return {"defences": as_json(defences)} if defences else {}


def folder_name(defences: Iterable[DefenceSettings]) -> str:
    """Name for the features of pictures with these defences."""
    digest = hashlib.sha256(json.dumps(as_json(defences), sort_keys=True).encode()).hexdigest()[:8]
    return "_".join((*(one.defence for one in defences), digest))


def defended_digest(digest: str, defences: Iterable[DefenceSettings]) -> str:
    """Digest of a model with the defences that change the pictures it is asked about. Without any, that of the model."""
    acting = of_pictures(defences)
    return hashlib.sha256(json.dumps([digest, as_json(acting)]).encode()).hexdigest() if acting else digest
