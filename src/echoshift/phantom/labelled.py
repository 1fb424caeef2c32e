"""PNG files that say themselves that they are simulated."""

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

_HEAD = 33  # bytes of a PNG's signature and IHDR chunk, which comes first


def labelled_png(image: np.ndarray, truth: Mapping[str, Any]) -> bytes:
    """Encode a uint8 (z, x) image as a PNG with the text chunk `Comment`: a JSON object of what is true of it."""
    import cv2

    _, content = cv2.imencode(".png", image)
    png = content.tobytes()
    body = b"tEXt" + b"Comment\0" + json.dumps(dict(truth), sort_keys=True).encode("ascii")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_HEAD] + chunk + png[_HEAD:]
