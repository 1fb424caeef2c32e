"""How a MetaImage of PLUS holds its lines: which axis runs along them, in which direction, and what a stored value is.

`UltrasoundImageOrientation` has a letter for each axis of the image, first for the one whose values are stored next to
each other. It says towards which side of the transducer that axis runs:

- F far from the face, N near to it: this axis runs along the lines.
- M the marked side of the transducer, U the unmarked side: this axis runs across the lines.

A third letter (A ascending, D descending) says the order of the slices of a volume and is ignored. PLUS itself turns
pictures to MF and RF to FM; here all become lines towards M of samples towards F, so FM and MF, NU and UN, ... are the
same lines. Without the field (or with XX), the orientation is the one that PLUS assumes.

`UltrasoundImageType` says what is stored:

- RF_REAL: real samples.
- RF_IQ_LINE: I and Q of each sample next to each other along the line.
- RF_I_LINE_Q_LINE: a line of I, then a line of Q. Ultrasonix scanners' RF is real, but PLUS has saved it with this type.
- BRIGHTNESS: grey levels of 8 bits, compressed by the scanner (logarithm), or by PLUS (fourth root of the amplitude).

A side-car's `type` may also be ENVELOPE: linear amplitudes, which PLUS has no name for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from echoshift.geometry import expect

ENVELOPE = "ENVELOPE"
RF_TYPES = ("RF_REAL", "RF_IQ_LINE", "RF_I_LINE_Q_LINE")
TYPES = (*RF_TYPES, "BRIGHTNESS", ENVELOPE)
_ORIENTATION = re.compile("([MU][FN]|[FN][MU])[AD]?")
_STORED_TWICE = {"RF_IQ_LINE": (2, 1), "RF_I_LINE_Q_LINE": (1, 2)}
"""Values per sample along a line, and stored lines per line. 1 and 1 for all others."""


@dataclass(frozen=True)
class Layout:
    """The layout of one image.

    Attributes
    ----------
    type : str
        One of `TYPES`.
    orientation : str
        Two letters, one of them F or N.
    """

    type: str
    orientation: str

    @property
    def along(self) -> int:
        """The axis along the lines: 0 for the one whose values are stored next to each other, else 1."""
        return 0 if self.orientation[0] in "FN" else 1

    @property
    def begins_far(self) -> bool:
        """Whether the deepest sample of a line is stored first."""
        return "N" in self.orientation

    @property
    def is_picture(self) -> bool:
        """Whether the image may be scan-converted: grey levels in the orientation of a picture."""
        return self.type == "BRIGHTNESS" and self.along == 1

    @property
    def stored(self) -> tuple[int, int]:
        """Values stored for one sample along a line, and lines stored for one line."""
        return _STORED_TWICE.get(self.type, (1, 1))

    @property
    def kind(self) -> Literal["rf", "envelope", "grey"]:
        return {"BRIGHTNESS": "grey", ENVELOPE: "envelope"}.get(self.type, "rf")

    def fits(self, image: np.ndarray) -> bool:
        """Whether I and Q of a stored image (y, x) make pairs."""
        n_lines, n_values = image.shape if self.along == 0 else image.shape[::-1]
        return n_values % self.stored[0] == 0 and n_lines % self.stored[1] == 0

    def samples(self, image: np.ndarray) -> np.ndarray:
        """The lines of a stored image (y, x), as (line, sample): real or complex, or uint8 for grey levels."""
        lines = image if self.along == 0 else image.T
        found = f"{lines.shape[0]} lines of {lines.shape[1]} values"
        twice = "lines" if self.stored[1] == 2 else "values"
        expect(self.fits(image), "DimSize", found, f"an even number of {twice} for {self.type}")
        if self.type == "RF_IQ_LINE":
            lines = lines[:, ::2] + 1j * lines[:, 1::2]
        elif self.type == "RF_I_LINE_Q_LINE":
            lines = lines[::2] + 1j * lines[1::2]
        elif self.type == "BRIGHTNESS":
            lines = _grey_levels(lines)
        # Only now, as a turned line would have its Q before its I.
        return lines[:: -1 if "U" in self.orientation else 1, :: -1 if self.begins_far else 1]


def layout_of(header: Mapping[str, str], type: str | None = None) -> Layout:
    """The layout that a header states, with another type if one is given."""
    stated = header.get("UltrasoundImageType", RF_TYPES[0])
    if type is None:
        expect(stated in TYPES, "UltrasoundImageType", repr(stated), f"one of {', '.join(TYPES)}")
    chosen = type or stated
    orientation = header.get("UltrasoundImageOrientation", "XX")
    if orientation == "XX":
        orientation = "MF" if chosen == "BRIGHTNESS" else "FM"
    expect(_ORIENTATION.fullmatch(orientation) is not None, "UltrasoundImageOrientation", repr(orientation),
           "F or N for the axis along the lines and M or U for the one across, in either order")  # fmt: skip
    return Layout(chosen, orientation[:2])


def _grey_levels(lines: np.ndarray) -> np.ndarray:
    low, high = lines.min(), lines.max()
    is_grey = low >= 0 and high <= 255 and (lines == np.floor(lines)).all()
    expect(bool(is_grey), "BRIGHTNESS", f"values from {low:g} to {high:g}",
           f"whole grey levels from 0 to 255 (of linear amplitudes, the side-car's type is {ENVELOPE})")  # fmt: skip
    return lines.astype(np.uint8)
