"""The polar map on which the anatomy is painted: backscatter level, attenuation and interfaces."""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from echoshift.phantom.tissues import TISSUES

STEPS = 512
"""Depth steps of the map, which is later interpolated to the samples of a line."""


@dataclass(frozen=True, eq=False)
class Interfaces:
    """Points at which smooth interfaces cross the lines.

    Attributes
    ----------
    line : ndarray of int, (point,)
    depth : ndarray, (point,)
        In metres.
    level : ndarray, (point,)
        In dB relative to cortex.
    """

    line: np.ndarray
    depth: np.ndarray
    level: np.ndarray


@dataclass(frozen=True, eq=False)
class Canvas:
    """Tissue maps of one patient, painted from the back to the front.

    Attributes
    ----------
    apex_radius : float
        In metres.
    angles : ndarray, (line,)
        In radians.
    depth : ndarray, (step,)
        Below the face, in metres.
    x, z : ndarray of float32, (line, step)
        In metres.
    level : ndarray of float32, (line, step)
        Backscatter in dB relative to cortex.
    attenuation : ndarray of float32, (line, step)
        One-way, in dB/(cm MHz).
    interfaces : list of Interfaces
    """

    apex_radius: float
    angles: np.ndarray
    depth: np.ndarray
    x: np.ndarray = field(init=False)
    z: np.ndarray = field(init=False)
    level: np.ndarray = field(init=False)
    attenuation: np.ndarray = field(init=False)
    interfaces: list[Interfaces] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        r = self.apex_radius + self.depth[None, :]
        set_field = object.__setattr__
        set_field(self, "x", (r * np.sin(self.angles)[:, None]).astype(np.float32))
        set_field(self, "z", (r * np.cos(self.angles)[:, None] - self.apex_radius).astype(np.float32))
        set_field(self, "level", np.zeros(self.x.shape, dtype=np.float32))
        set_field(self, "attenuation", np.zeros(self.x.shape, dtype=np.float32))


def paint(canvas: Canvas, weight: np.ndarray, level: np.ndarray | float, attenuation: np.ndarray | float) -> None:
    """Blend a tissue over the map, with weight 0 (unchanged) to 1 (covered)."""
    for layer, value in ((canvas.level, level), (canvas.attenuation, attenuation)):
        layer += weight * (value - layer)


def paint_tissue(canvas: Canvas, weight: np.ndarray, name: str, texture: np.ndarray | float = 0.0) -> None:
    """Blend a tissue of the table over the map. `texture` has a standard deviation of 1."""
    tissue = TISSUES[name]
    paint(canvas, weight, tissue.level + tissue.texture * texture, tissue.attenuation)


def within(distance: np.ndarray, edge: float = 0.5e-3) -> np.ndarray:
    """Weight of the inside of an outline (negative signed distance, in metres). `edge` is the edge's half width."""
    return np.clip(0.5 - distance / (2 * edge), 0, 1)


def add_outline(canvas: Canvas, distance: np.ndarray, level: float, where: np.ndarray | None = None) -> None:
    """Add the interface along distance = 0. It is bright where the beam is perpendicular to it.

    Parameters
    ----------
    canvas : Canvas
    distance : ndarray, (line, step)
        Signed distance to the outline, in metres.
    level : float
        Level at perpendicular incidence, in dB relative to cortex.
    where : ndarray, (line, step), optional
        Amplitude weights 0..1.
    """
    line, step = np.nonzero((distance[:, :-1] < 0) != (distance[:, 1:] < 0))
    if line.size == 0:
        return
    before, after = distance[line, step], distance[line, step + 1]
    spacing = canvas.depth[1] - canvas.depth[0]
    last = canvas.angles.size - 1
    left, right = np.maximum(line - 1, 0), np.minimum(line + 1, last)
    across = (distance[right, step] - distance[left, step]) / (canvas.angles[right] - canvas.angles[left])
    across = across / (canvas.apex_radius + canvas.depth[step])
    along = (after - before) / spacing
    cosine = np.abs(along) / np.hypot(along, across)
    share = np.ones(line.size) if where is None else where[line, step]
    strength = 20 * np.log10(np.maximum(cosine**3 * share, 1e-3))
    keep = strength > -30
    depth = canvas.depth[step] + spacing * before / (before - after)
    canvas.interfaces.append(Interfaces(line[keep], depth[keep], level + strength[keep]))


def paint_sheet(canvas: Canvas, distance: np.ndarray, thickness: float, level: float, where: np.ndarray) -> None:
    """Brighten a thin sheet at 0 < distance < thickness (m) to `level`, the diffuse part of an interface's echo."""
    weight = within(np.abs(distance - 0.5 * thickness) - 0.5 * thickness, 0.35e-3)
    strength = level + 20 * np.log10(np.maximum(weight * where, 1e-3))
    np.maximum(canvas.level, strength, out=canvas.level)


def smooth_noise(
    rng: np.random.Generator, canvas: Canvas, across: float, along: float, low: float = 0.0, high: float = np.inf
) -> np.ndarray:
    """A smooth random field with mean 0 and standard deviation 1.

    Parameters
    ----------
    rng : Generator
    canvas : Canvas
    across, along : float
        Correlation lengths across the beam (at 8 cm depth) and along it, in metres.
    low, high : float
        Depth range of the field, in metres. It is 0 elsewhere.

    Returns
    -------
    ndarray of float32, (line, step)
    """
    arc = canvas.angles * (canvas.apex_radius + 0.08)
    steps = slice(*np.searchsorted(canvas.depth, [low, high]))
    field_ = np.zeros(canvas.x.shape, dtype=np.float32)
    if steps.stop > steps.start:
        lines, depths = _basis(arc, across), _basis(canvas.depth[steps], along)
        weights = rng.standard_normal((lines.shape[1], depths.shape[1]), dtype=np.float32)
        field_[:, steps] = (depths @ (lines @ weights).T).T
    return field_


def smooth_curve(rng: np.random.Generator, positions: np.ndarray, length: float) -> np.ndarray:
    """A smooth random curve with mean 0, standard deviation 1 and correlation length `length`, at the positions."""
    basis = _basis(positions, length)
    return basis @ rng.standard_normal(basis.shape[1], dtype=np.float32)


def _basis(positions: np.ndarray, length: float) -> csr_array:
    """Gaussian bumps 0.8 lengths apart, scaled so that white weights give unit variance everywhere.

    Seven bumps contribute to each position. Unlike a dense product, a sparse one gives the same bits with any number of
    threads and does not compete with other jobs for cores.
    """
    spacing = 0.8 * length
    position = (positions - positions.min()) / spacing + 3
    knot = np.round(position).astype(int)[:, None] + np.arange(-3, 4)
    weight = np.exp(-(((position[:, None] - knot) * spacing / length) ** 2))
    weight = (weight / np.sqrt((weight**2).sum(axis=1, keepdims=True))).astype(np.float32)
    starts = np.arange(0, knot.size + 1, 7)
    return csr_array((weight.ravel(), knot.ravel(), starts), shape=(positions.size, int(knot.max()) + 1))
