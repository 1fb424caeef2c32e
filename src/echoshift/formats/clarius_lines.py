"""The lines of a Clarius recording: the element below each, its steering, and which of them are firings of one ensemble."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.clarius_description import quantity
from echoshift.formats.selector import frame_number
from echoshift.geometry import ConvexGeometry, Geometry, LinearGeometry, expect


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines that a description lists, in the order of the data.

    Attributes
    ----------
    elements : ndarray, (line,)
        Receiving element, from 0. Not whole where lines lie between elements.
    angles : ndarray, (line,)
        Steering in degrees.
    """

    elements: np.ndarray
    angles: np.ndarray

    def of_firing(self, selector: str | None) -> np.ndarray:
        """Numbers of the lines of one firing, in the order of their elements.

        An ensemble, as for Doppler, fires several times at each element. Its n-th firing consists of the n-th line of
        every element.

        Parameters
        ----------
        selector : str or None
            Number of the firing, counted from 0. None if there is no ensemble.

        Raises
        ------
        EchoShiftError
            If there is an ensemble and no selector, or the reverse, or if elements have different numbers of lines.
        """
        own, fired = np.unique(self.elements, return_counts=True)
        few, many = int(fired.min()), int(fired.max())
        found = f"{self.elements.size} lines of {own.size} elements"
        expect(few == many, "description: lines", f"{found}, {few} to {many} for each", "the same number for each")
        found, expected = f"{found}, {many} for each, {self._angles_words}", "FRAME alone: this is no ensemble"
        if many > 1:
            found, expected = f"{found} (an ensemble)", f"FRAME/FIRING after #, FIRING from 0 to {many - 1}"
        expect((many > 1) == (selector is not None), "firing", found, expected)
        firing = frame_number(selector, many, "firing")
        return np.argsort(self.elements, kind="stable").reshape(own.size, many)[:, firing]

    def steering(self, chosen: np.ndarray) -> float:
        """Steering of some of the lines, in radians, which must be the same for all."""
        own = np.unique(self.angles[chosen])
        expect(own.size == 1, "description: angle", f"{own.size} different angles", "the same for all lines")
        return float(np.deg2rad(own[0]))

    @property
    def _angles_words(self) -> str:
        own = np.unique(self.angles)
        if own.size == 1:
            return f"steered by {own[0]:g} degrees"
        return f"steered by {own.size} angles from {own[0]:g} to {own[-1]:g} degrees"


def described_lines(content: Mapping[str, Any], n_lines: int) -> Lines | None:
    """The lines of a description. None if it lists none, as those of older scanners."""
    if "lines" not in content:
        return None
    lines = content["lines"]
    expect(isinstance(lines, list) and len(lines) == n_lines and all(isinstance(one, dict) for one in lines),
           "description: lines", f"{len(lines)} entries" if isinstance(lines, list) else lines,
           f"{n_lines}, one per line of the recording")  # fmt: skip
    elements = [quantity(line, "rx element", "") for line in lines]
    angles = [quantity(line, "angle", "degrees") if "angle" in line else 0.0 for line in lines]
    return Lines(np.array(elements), np.array(angles))


def geometry_of_lines(
    content: Mapping[str, Any], elements: np.ndarray | None, start_depth: float, steering: float = 0.0
) -> Geometry | None:
    """Geometry of lines (line,) from their elements. None without a pitch (older scanners): a side-car must give it."""
    probe = content.get("probe") if isinstance(content.get("probe"), dict) else content
    if "pitch" not in probe:
        return None
    if elements is None:
        raise EchoShiftError("description: lines: found none, expected one entry per line of the recording")
    middle = (quantity(probe, "elements", "") - 1) / 2 if "elements" in probe else elements[[0, -1]].mean()
    place = (elements - middle) * quantity(probe, "pitch", "m", bare=1e-6)
    radius = quantity(probe, "radius", "m", bare=1e-3) if "radius" in probe else 0.0
    if radius == 0:
        return LinearGeometry(place, steering=steering, start_depth=start_depth)
    expect(steering == 0, "description: angle", f"{np.degrees(steering):g} degrees", "0 for a convex probe")
    return ConvexGeometry(radius, place / radius, start_depth=start_depth)
