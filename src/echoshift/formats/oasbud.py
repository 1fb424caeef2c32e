"""OASBUD (Open Access Series of Breast Ultrasonic Data): a struct array with two views per lesion, linear probe L14-5/38."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.formats import matlab5
from echoshift.formats.content import Content
from echoshift.formats.matlab import read_variables, records
from echoshift.formats.recorded import Recorded
from echoshift.formats.values import frame_of
from echoshift.frame import SOUND_SPEED
from echoshift.geometry import LinearGeometry, expect

NAME = "OASBUD .mat"
WIDTH = 0.038
"""Distance between the first and the last line, in metres."""
SAMPLING_FREQUENCY = 40e6
CENTER_FREQUENCY = 10e6


def recognises(content: Content) -> bool:
    """Whether `data` is the only variable, and has no images. `read` checks whether its elements are lesions."""
    # The public liver images have the same variable.
    return content.variables == {"data"} and (content.hdf5 or "images" not in matlab5.fields(content.path, "data"))


def read(path: Path, selector: str | None) -> Recorded:
    """Read one view of one lesion, with its outline as the region `lesion`.

    Parameters
    ----------
    path : Path
        Has a struct array `data` with the fields `id, rf1, rf2, roi1, roi2, birads, class`.
    selector : str
        `ID/rf1` or `ID/rf2`.
    """
    lesion, view = _chosen(read_lesions(path), selector)
    samples = frame_of(lesion[f"rf{view}"], f"rf{view}", None)
    geometry = LinearGeometry(np.linspace(-WIDTH / 2, WIDTH / 2, len(samples)))
    mask = frame_of(lesion[f"roi{view}"], f"roi{view}", None)
    expect(mask.shape == samples.shape, f"roi{view}", f"shape {mask.T.shape}", f"{samples.T.shape}, as rf{view}")
    says = {
        "geometry": geometry,
        "sampling_frequency": SAMPLING_FREQUENCY,
        "center_frequency": CENTER_FREQUENCY,
        "sound_speed": SOUND_SPEED,
        "regions": _outline(mask != 0, geometry),
    }
    notes = {name: as_text(lesion[name]) for name in ("id", "birads", "class") if name in lesion}
    return Recorded(samples, says, {**notes, "view": f"rf{view}"})


def read_lesions(path: Path) -> list[Mapping[str, Any]]:
    """All lesions of a file, each a mapping of field names to values."""
    return records(read_variables(path, ("data",)).get("data"), "data", ("id", "rf1", "rf2", "roi1", "roi2"))


def _chosen(lesions: list[Mapping[str, Any]], selector: str | None) -> tuple[Mapping[str, Any], str]:
    """The selected lesion and view (1 or 2)."""
    identity, _, view = (selector or "").rpartition("/")
    held = {as_text(one.get("id")): one for one in lesions}
    found = f"#{selector}" if selector else f"{2 * len(lesions)} in the file"
    known = f"ID/rf1 or ID/rf2 after #, ID one of {', '.join(list(held)[:5])}{', ...' if len(held) > 5 else ''}"
    expect(identity in held and view in ("rf1", "rf2"), "frame", found, known)
    return held[identity], view.removeprefix("rf")


def as_text(value: Any) -> str:
    """A name or a number as text."""
    if isinstance(value, str):
        return value.strip()
    array = np.asarray(value)
    is_number = array.size == 1 and array.dtype.kind in "fiu"
    expect(is_number, "id, birads, class", f"shape {array.shape} of {array.dtype}", "a name or a number")
    return f"{array.item():g}"


def _outline(mask: np.ndarray, geometry: LinearGeometry) -> dict[str, np.ndarray]:
    """The largest marked part as a polygon (x, z) in metres. Empty if the marked part is too small for a polygon."""
    import cv2

    parts, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(parts, key=cv2.contourArea, default=np.empty((0, 1, 2)))
    if len(largest) < 3:
        return {}
    sample, line = largest[:, 0, :].T.astype(np.float64)
    z, x = geometry.points(line, sample * SOUND_SPEED / (2 * SAMPLING_FREQUENCY))
    return {"lesion": np.stack([x, z], axis=1)}
