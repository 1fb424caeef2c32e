"""Write grey pictures with a description of how they were made."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.storage.files import written_whole


def write_png(path: str | Path, image: np.ndarray, about: Mapping[str, Any]) -> None:
    """Write a uint8 (z, x) image as an 8-bit grey PNG atomically, with `about` (JSON values) in its text field `Comment`."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("Comment", json.dumps(dict(about), sort_keys=True))
    with written_whole(path) as draft:
        Image.fromarray(image).save(draft, format="png", pnginfo=text)
