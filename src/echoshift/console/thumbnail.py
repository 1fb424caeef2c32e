"""Small pictures for the list of frames."""

from base64 import b64encode
from io import BytesIO

import numpy as np

SIDE = 96
"""Most rows and columns."""


def thumbnail(image: np.ndarray) -> str:
    """A small JPEG of an image, uint8 (z, x), as a data URI."""
    from PIL import Image

    small, file = Image.fromarray(image), BytesIO()
    small.thumbnail((SIDE, SIDE))
    small.save(file, format="jpeg", quality=80)
    return f"data:image/jpeg;base64,{b64encode(file.getvalue()).decode()}"
