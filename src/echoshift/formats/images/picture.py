"""One image as an importer found it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Picture:
    """An image and what its file says of it.

    Attributes
    ----------
    image : ndarray, (z, x)
        Grey levels, of 8 bits where the file is as it should be.
    format : str
        Of the file, in words.
    about : mapping
        Further facts by name, in words.
    warnings : tuple of str
        What the user should know, one line each.
    """

    image: np.ndarray
    format: str
    about: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
