"""PNG, JPEG and TIFF."""

from pathlib import Path

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.images.picture import Picture
from echoshift.formats.selector import frame_number

_FORMATS = {b"\x89PNG": "PNG", b"\xff\xd8": "JPEG", b"II*\0": "TIFF", b"MM\0*": "TIFF"}


def read(path: Path, selector: str | None) -> Picture:
    """Read a file's only image and convert colour to grey."""
    import cv2

    content = np.fromfile(path, dtype=np.uint8)
    try:
        image = cv2.imdecode(content, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_GRAYSCALE) if content.size else None
    except cv2.error:
        image = None
    if image is None:
        raise EchoShiftError(
            f"found {content.size} bytes that are not an image, expected PNG, JPEG, TIFF, DICOM or the liver images' .mat"
        )
    frame_number(selector, 1)
    head = content[:4].tobytes()
    return Picture(image, next((name for mark, name in _FORMATS.items() if head.startswith(mark)), "image"))
