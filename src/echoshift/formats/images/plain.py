"""PNG, JPEG and TIFF."""

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.images.colour import coloured_pixels
from echoshift.formats.images.picture import Picture, check_size
from echoshift.formats.selector import frame_number
from echoshift.reconstruction.grid import LARGEST_SIDE

_FORMATS = {b"\x89PNG": "PNG", b"\xff\xd8": "JPEG", b"II*\0": "TIFF", b"MM\0*": "TIFF"}


def read(path: Path, selector: str | None) -> Picture:
    """Read a file's only image and convert colour to grey."""
    import cv2

    content = path.read_bytes()
    _check_whole(content)
    decoded = np.frombuffer(content, dtype=np.uint8)
    try:
        image = cv2.imdecode(decoded, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_GRAYSCALE)
        channels = cv2.imdecode(decoded, cv2.IMREAD_COLOR)
    except cv2.error:
        image = channels = None
    if image is None or channels is None:
        raise _not_an_image(content)
    frame_number(selector, 1)
    found = next((name for mark, name in _FORMATS.items() if content.startswith(mark)), "image")
    return Picture(image, found, coloured=coloured_pixels(channels), is_lossy=found == "JPEG")


def _check_whole(content: bytes) -> None:
    """Refuse images by the size in their header, before they are decoded, and incomplete ones, which decoders may fill up."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, about fields that do not affect the image
            with Image.open(BytesIO(content)) as opened:
                check_size(opened.height, opened.width)
                opened.load()
    except EchoShiftError:
        raise
    except Image.DecompressionBombError:
        found = f"more than {2 * Image.MAX_IMAGE_PIXELS:,} pixels"
        raise EchoShiftError(f"size: found {found}, expected at most {LARGEST_SIDE} x {LARGEST_SIDE}") from None
    except UnidentifiedImageError:
        raise _not_an_image(content) from None
    except Exception as error:  # damaged files can raise anything
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise EchoShiftError(f"found a damaged image ({reason}), expected a complete file") from None


def _not_an_image(content: bytes) -> EchoShiftError:
    kinds = "8-bit PNG, JPEG or TIFF, DICOM or the liver images' .mat"
    return EchoShiftError(f"found {len(content)} bytes that are not an image, expected {kinds}")
