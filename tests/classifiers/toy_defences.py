"""Defences for tests: one that does nothing, and one that draws at random."""

from typing import ClassVar, Literal

from echoshift.classifiers.defences.settings import DefenceSettings


class Settings(DefenceSettings):
    """Does nothing, in training and after it."""

    of_pictures: ClassVar = True
    in_training: ClassVar = True
    wraps_given: ClassVar = True

    defence: Literal["identity", "jitter"]


def pictures(image, settings):
    """The picture itself; with `jitter`, darker by a random amount."""
    if settings.defence == "jitter":
        import numpy as np

        return (image // np.random.default_rng().uniform(1, 3))[None].astype(np.uint8)
    return image[None]
