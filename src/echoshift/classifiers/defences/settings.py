"""Settings common to all defences, and what a list of them means for pictures, training and digests.

Imports no NumPy, because planning the workflow imports this module.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, ClassVar

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
