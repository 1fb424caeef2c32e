"""Branching vessels of the liver: portal branches with bright walls, and hepatic veins without."""

from dataclasses import dataclass

import numpy as np

from echoshift.phantom.canvas import Canvas, paint_tissue, within
from echoshift.phantom.patient import Patient
from echoshift.phantom.tissues import DETAILS

_STEP = DETAILS["vessel_piece"].value
_WALL = DETAILS["portal_wall"].value
_SMALLEST = DETAILS["smallest_branch"].value


@dataclass(frozen=True)
class Piece:
    """One straight piece of a vessel between two points (x, z), with the radius at each end, in metres."""

    start: np.ndarray
    end: np.ndarray
    start_radius: float
    end_radius: float


def grow_tree(rng: np.random.Generator, root: np.ndarray, heading: float, radius: float) -> list[Piece]:
    """Grow a tree whose branches obey Murray's law and occasionally leave the plane.

    Parameters
    ----------
    rng : Generator
    root : ndarray, (2,)
        Start of the tree, x and z in metres.
    heading : float
        Direction of the trunk, in radians from the x axis towards depth.
    radius : float
        Radius of the trunk, in metres.
    """
    pieces, tips = [], [(root, heading, radius, 0)]
    while tips:
        point, heading, radius, generation = tips.pop()
        n_steps = max(2, int(rng.uniform(0.75, 1.35) * (6 * radius + 5e-3) / _STEP))
        bend = rng.normal(0, 0.07)
        for step in range(n_steps):
            heading += bend + rng.normal(0, 0.08)
            end = point + _STEP * np.array([np.cos(heading), np.sin(heading)])
            end_radius = radius * rng.uniform(0.91, 1.0)
            enters = 0.4 if generation == 0 and step == 0 else 1.0  # the trunk enters the plane from the side
            pieces.append(Piece(point, end, enters * radius, end_radius))
            point, radius = end, end_radius
        share = rng.uniform(0.5, 0.85)  # larger branch's share of the cubed radius
        side = rng.choice([-1.0, 1.0])
        for part, turn in ((share, rng.normal(0.22, 0.08)), (1 - share, -rng.normal(0.75, 0.15))):
            branch = radius * part ** (1 / 3)
            leaves = rng.random() < 0.10 + 0.06 * generation
            if branch > _SMALLEST and generation < 6 and not leaves:
                tips.append((point, heading + side * turn, branch, generation + 1))
    return pieces


def vessel_distance(canvas: Canvas, pieces: list[Piece]) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance to the lumen, and how perpendicular the beam is to the wall.

    Returns
    -------
    distance : ndarray of float32, (line, step)
        Negative inside the lumen, and 1 m far from all vessels.
    squareness : ndarray of float32, (line, step)
        |cosine| between beam and wall normal, 0..1.
    """
    distance = np.full(canvas.x.shape, 1.0, dtype=np.float32)
    squareness = np.zeros(canvas.x.shape, dtype=np.float32)
    for piece in pieces:
        reach = max(piece.start_radius, piece.end_radius) + 3 * _WALL
        ends = np.stack([piece.start, piece.end])
        apex = ends + np.array([0.0, canvas.apex_radius])
        angle, r = np.arctan2(apex[:, 0], apex[:, 1]), np.hypot(apex[:, 0], apex[:, 1])
        lines = slice(*np.searchsorted(canvas.angles, [angle.min() - reach / r.min(), angle.max() + reach / r.min()]))
        depth = r - canvas.apex_radius
        steps = slice(*np.searchsorted(canvas.depth, [depth.min() - reach, depth.max() + reach]))
        x, z = canvas.x[lines, steps] - piece.start[0], canvas.z[lines, steps] - piece.start[1]
        if x.size == 0:
            continue
        axis = piece.end - piece.start
        along = np.clip((x * axis[0] + z * axis[1]) / (axis @ axis), 0, 1)
        x, z = x - along * axis[0], z - along * axis[1]
        to_axis = np.hypot(x, z) + 1e-9
        here = to_axis - (piece.start_radius + along * (piece.end_radius - piece.start_radius))
        beam = canvas.angles[lines, None]
        square = np.abs(x * np.sin(beam) + z * np.cos(beam)) / to_axis
        nearer = here < distance[lines, steps]
        np.copyto(squareness[lines, steps], square, where=nearer)
        np.copyto(distance[lines, steps], here, where=nearer)
    return distance, squareness


def _crossings(rng: np.random.Generator, center: np.ndarray, radius: float) -> list[Piece]:
    """Short, mostly thin branches of other trees that cross the plane."""
    pieces = []
    for _ in range(int(rng.integers(7, 14))):
        angle, heading = rng.uniform(0, 2 * np.pi, 2)
        start = center + 0.9 * radius * np.sqrt(rng.uniform()) * np.array([np.cos(angle), np.sin(angle)])
        size = _SMALLEST + rng.exponential(DETAILS["crossing_radius"].value)
        end = start + rng.uniform(1e-3, 6e-3) * np.array([np.cos(heading), np.sin(heading)])
        pieces.append(Piece(start, end, size, 0.8 * size))
    return pieces


def paint_vessels(canvas: Canvas, patient: Patient, center: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Paint the venous and portal trees into the liver.

    Parameters
    ----------
    canvas : Canvas
    patient : Patient
    center : ndarray, (2,)
        Centre of the liver's outline, x and z in metres.
    inside : ndarray, (line, step)
        Weight of the liver.

    Returns
    -------
    ndarray of float32, (line, step)
        Signed distance to the nearest lumen, in metres.
    """
    rng = patient.generator("vessels")
    radius = patient.sizes["liver_radius"]
    nearest = np.full(canvas.x.shape, 1.0, dtype=np.float32)
    angle = rng.uniform(1.9, 2.5)  # hepatic veins converge at the back, under the diaphragm
    outer = center + 0.82 * radius * np.array([np.cos(angle), np.sin(angle)])
    veins = grow_tree(rng, outer, angle + np.pi + rng.normal(0.25, 0.25), patient.sizes["vein_radius"])
    hilum = center + np.array([rng.normal(0.010, 0.006), rng.normal(-0.002, 0.005)])
    portal = grow_tree(rng, hilum, np.pi + rng.normal(0.0, 0.35), patient.sizes["portal_radius"])
    anterior = center + np.array([rng.normal(0.022, 0.006), rng.normal(-0.014, 0.004)])
    portal += grow_tree(rng, anterior, rng.normal(-2.6, 0.5), 0.6 * patient.sizes["portal_radius"])
    veins += _crossings(rng, center, radius)
    portal += _crossings(rng, center, radius)
    for pieces, walled in ((veins, False), (portal, True)):
        distance, squareness = vessel_distance(canvas, pieces)
        if walled:
            wall = within(np.abs(distance - 0.5 * _WALL) - 0.5 * _WALL, 0.35e-3)
            paint_tissue(canvas, inside * wall * (0.25 + 0.75 * squareness**2), "portal wall")
        paint_tissue(canvas, inside * within(distance, 0.5e-3), "blood")
        np.minimum(nearest, distance, out=nearest)
    return nearest
