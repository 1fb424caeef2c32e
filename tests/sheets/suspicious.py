"""Pictures of the default study's kind, and what is drawn into them or made of them."""

import cv2
import numpy as np

from echoshift.formats.images.sector import find_sector
from echoshift.phantom.simulate import simulate_frame, simulate_image
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from probes import PAPER

LABELS = {f"S{number:02}": int(number > 5) for number in range(1, 11)}
"""Ten patients: five healthy livers, then five fatty ones."""


def default_picture(name):
    """Seven patients of the other scanner, and three RF frames at the initial settings."""
    if name < "S08":
        return simulate_image(name, LABELS[name], seed=1)
    return ReconstructionPlan(envelope(simulate_frame(name, LABELS[name], seed=1)), (512, 512)).render(PAPER)


def inner_pixel(image, seed, rows=15, columns=15):
    """A random pixel (z, x) of the sector, around which a rectangle lies within the sector."""
    sector = find_sector(image).astype(np.uint8)
    inner = np.argwhere(cv2.erode(sector, np.ones((rows, columns), np.uint8), borderValue=0))
    return inner[np.random.default_rng(seed).integers(len(inner))]


def with_callipers(image, seed, kind=cv2.MARKER_CROSS, size=9, thickness=1, level=255):
    drawn = image.copy()
    for k in range(2):
        z, x = inner_pixel(image, [seed, k])
        cv2.drawMarker(drawn, (int(x), int(z)), level, kind, size, thickness)
    return drawn


def with_text(image, seed, words="34.2 mm", scale=0.4):
    drawn = image.copy()
    z, x = inner_pixel(image, seed, rows=31, columns=121)
    cv2.putText(drawn, words, (int(x) - 40, int(z) + 5), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    return drawn


def cropped(image, share):
    """The box around the sector without a share of it on each side."""
    rows, columns = (np.flatnonzero(find_sector(image).any(axis=axis)) for axis in (1, 0))
    z, x = round(share * rows.size), round(share * columns.size)
    return image[rows[0] + z : rows[-1] + 1 - z, columns[0] + x : columns[-1] + 1 - x]


def saved_again(image, quality=75):
    """The grey levels after JPEG."""
    content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
