"""Pictures as the network of a defended classifier sees them."""

from collections.abc import Sequence
from importlib import import_module

import numpy as np

from echoshift.classifiers.defences import DEFENCES
from echoshift.classifiers.defences.settings import DefenceSettings
from echoshift.errors import EchoShiftError


def prepared(image: np.ndarray, defences: Sequence[DefenceSettings]) -> np.ndarray:
    """Apply the defences of pictures in their order: uint8 (version, z, x) from uint8 (z, x)."""
    versions = image[None]
    for one in defences:
        pictures = import_module(DEFENCES[one.defence]).pictures
        versions = np.concatenate([pictures(version, one) for version in versions])
    return versions


def check_fixed(defences: Sequence[DefenceSettings]) -> None:
    """Refuse a defence that makes different pictures of the same one."""
    speckle = np.random.default_rng(0).integers(1, 256, (48, 64)).astype(np.uint8)
    for one in defences:
        if not np.array_equal(prepared(speckle, [one]), prepared(speckle, [one])):
            raise EchoShiftError(
                f"defences.{one.defence}: found two different pictures of the same one, expected the same every time"
            )
