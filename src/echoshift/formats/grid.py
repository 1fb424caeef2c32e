"""Infer a geometry from the positions of all samples: lines from one apex, or parallel lines."""

import numpy as np

from echoshift.formats.values import step
from echoshift.geometry import ConvexGeometry, Geometry, LinearGeometry, expect

FARTHEST = 0.05
"""Largest distance between a sample and its position in the inferred geometry, in steps along a line."""
SAME_DIRECTION = 1e-4
"""Lines whose directions differ by less than this, in radians, are parallel."""
ZERO = 2e-6
"""Distances below this, in metres, count as 0, because files may store single precision."""


def geometry_of(z: np.ndarray, x: np.ndarray, name: str) -> tuple[Geometry, float]:
    """Geometry of the lines through samples at given positions.

    Parameters
    ----------
    z, x : ndarray, (line, sample)
        Positions in metres. The origin is the middle of the face, and z points away from it.
    name : str
        Name of the file's field, for messages.

    Returns
    -------
    Geometry, float
        The geometry, and the distance between neighbouring samples of a line, in metres.

    Raises
    ------
    EchoShiftError
        If the lines neither meet in one apex behind the middle of the face nor run in parallel from a flat face, or if
        the samples are unevenly spaced along them.
    """
    z, x = np.asarray(z, np.float64), np.asarray(x, np.float64)
    expect(z.ndim == 2 and min(z.shape) >= 2, name, f"shape {z.shape}", "at least 2 lines of 2 samples")
    expect(np.isfinite(z).all() and np.isfinite(x).all(), name, "NaN or infinite values", "finite metres")
    directions = np.arctan2(x[:, -1] - x[:, 0], z[:, -1] - z[:, 0])
    if np.ptp(directions) < SAME_DIRECTION:
        geometry, along = _parallel(z, x, float(directions.mean()), name)
    else:
        geometry, along = _fan(z, x, directions, name)
    depth_step = step(along, name)
    depths = geometry.start_depth + depth_step * np.arange(z.shape[1])
    again_z, again_x = geometry.points(np.arange(len(z))[:, None], depths)
    strayed = float(np.hypot(again_z - z, again_x - x).max() / depth_step)
    found = f"samples up to {strayed:.3g} steps away from either"
    expect(strayed <= FARTHEST, name, found, "lines from one apex behind the middle of the face, or parallel lines")
    return geometry, depth_step


def _parallel(z: np.ndarray, x: np.ndarray, steering: float, name: str) -> tuple[Geometry, np.ndarray]:
    """Parallel lines, and the samples' positions along them."""
    expect(abs(steering) < np.pi / 2, name, "lines that run towards the face", "z to increase along each line")
    along = z.mean(axis=0) / np.cos(steering)
    positions = (x - z * np.tan(steering)).mean(axis=1)
    steering = 0.0 if abs(steering) < SAME_DIRECTION else steering
    return LinearGeometry(positions, steering=steering, start_depth=_zeroed(along[0])), along


def _fan(z: np.ndarray, x: np.ndarray, directions: np.ndarray, name: str) -> tuple[Geometry, np.ndarray]:
    """Lines from the point nearest to all of them (least squares), and the samples' positions along them."""
    normals = np.stack([np.cos(directions), -np.sin(directions)], axis=1)
    first = np.stack([x[:, 0], z[:, 0]], axis=1)
    offsets = (normals * first).sum(axis=1)
    apex_x, apex_z = np.linalg.lstsq(normals, offsets, rcond=None)[0]
    along = np.hypot(x - apex_x, z - apex_z).mean(axis=0)
    slack = FARTHEST * abs(along[1] - along[0]) + ZERO
    missed = np.abs(normals @ (apex_x, apex_z) - offsets).max()
    found = f"lines that miss a common point by {missed:.3g} m"
    expect(missed <= slack, name, found, "lines from one apex, or parallel lines")
    expect(abs(apex_x) <= slack, name, f"lines from an apex at x = {apex_x:.4g} m", "0, behind the middle of the face")
    radius = _zeroed(-apex_z)
    return ConvexGeometry(radius, directions, start_depth=_zeroed(along[0] - radius)), along


def _zeroed(value: float) -> float:
    return 0.0 if abs(value) < ZERO else float(value)
