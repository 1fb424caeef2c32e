"""Writing grey pictures."""

from pathlib import Path

import numpy as np

from echoshift.files import written_whole


def write_png(path: str | Path, image: np.ndarray) -> None:
    """Write a uint8 (z, x) image as an 8-bit grey PNG, whole or not at all."""
    import cv2

    _, content = cv2.imencode(".png", image)
    with written_whole(path) as draft:
        draft.write_bytes(content.tobytes())
