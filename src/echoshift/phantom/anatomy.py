"""One patient's liver and kidney view, composed of organs and random features."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates

from echoshift.phantom.canvas import (
    STEPS,
    Canvas,
    Interfaces,
    add_outline,
    paint,
    paint_sheet,
    paint_tissue,
    smooth_curve,
    smooth_noise,
)
from echoshift.phantom.echo import Probe
from echoshift.phantom.organs import (
    add_diaphragm,
    liver_distance,
    organ_center,
    paint_behind_liver,
    paint_bowel,
    paint_gallbladder,
    paint_kidney,
    paint_liver,
)
from echoshift.phantom.patches import choose_patches
from echoshift.phantom.patient import Patient, draw
from echoshift.phantom.tissues import DETAILS, INTERFACES, TISSUES
from echoshift.phantom.vessels import paint_vessels
from echoshift.phantom.wall import LAYERS, paint_wall, wall_borders


@dataclass(frozen=True, eq=False)
class Body:
    """The anatomy in the probe's view.

    Attributes
    ----------
    canvas : Canvas
        Maps of level and attenuation, and the interfaces.
    wall : ndarray, (line,)
        Depth of the abdominal wall's lower border, in metres.
    coupling : ndarray, (line,)
        Gain of each line below the face, in dB. Negative where the probe has lost contact, else 0.
    regions : dict of str to ndarray, (vertex, 2)
        Patches `liver` and `cortex` at the same depth, as x, z in metres.
    """

    canvas: Canvas
    wall: np.ndarray
    coupling: np.ndarray
    regions: dict[str, np.ndarray]


def build_body(patient: Patient, probe: Probe) -> Body:
    """Paint a patient on the lines of a probe."""
    canvas = Canvas(probe.apex_radius, probe.angles, np.linspace(0, probe.depths[-1], STEPS))
    borders = wall_borders(canvas, patient)
    bottom = borders[LAYERS[-1]]
    wall = float(np.median(bottom))
    paint_liver(canvas, patient)
    center = organ_center(patient, "liver", wall)
    renal = organ_center(patient, "kidney", wall)
    distance, angle = liver_distance(canvas, patient, center)
    below_wall = np.clip((canvas.depth - bottom[:, None] - 4e-3) / 6e-3, 0, 1).astype(np.float32)
    lumen = paint_vessels(canvas, patient, center, below_wall)
    domed = paint_behind_liver(canvas, patient, distance, angle)
    kidney = paint_kidney(canvas, patient, renal)
    shadowed = np.zeros(canvas.angles.size, dtype=bool)
    if patient.present["gallbladder"]:
        gallbladder = paint_gallbladder(canvas, patient, renal + np.array([0.012, -0.036]))
        lumen = np.minimum(lumen, gallbladder)
        shadowed |= (gallbladder < 3e-3).any(axis=1)
    if patient.present["bowel"]:
        shadowed |= paint_bowel(canvas, patient, wall).max(axis=1) > 0.02
    _mirror(canvas, patient, center, distance, domed * np.clip(distance / 1e-3, 0, 1))
    add_diaphragm(canvas, patient, distance, angle, domed)
    paint_wall(canvas, patient, borders)
    if patient.present["rib"]:
        shadowed |= _paint_rib(canvas, patient, borders)
    arc = canvas.angles * canvas.apex_radius
    capsule = INTERFACES["liver capsule"].value + 3 * smooth_curve(patient.generator("capsule"), arc, 0.012)
    canvas.interfaces.append(Interfaces(np.arange(arc.size), bottom + 0.9e-3, capsule))
    coupling = _coupling(patient, canvas.angles)
    regions = choose_patches(canvas, kidney, lumen, distance, shadowed | (coupling < -1))
    return Body(canvas, bottom, coupling, regions)


def _mirror(canvas: Canvas, patient: Patient, center: np.ndarray, distance: np.ndarray, hidden: np.ndarray) -> None:
    """Paint the fading mirror image of the liver behind the diaphragm, with reverberation parallel to the diaphragm."""
    rng = patient.generator("mirror")
    line, step = np.nonzero(hidden > 0.01)
    if line.size == 0:
        return
    beyond = distance[line, step]
    x, z = canvas.x[line, step] - center[0], canvas.z[line, step] - center[1]
    fold = 1 - 2 * beyond / np.hypot(x, z)  # mirrors the point at the diaphragm
    x, down = center[0] + fold * x, center[1] + fold * z + canvas.apex_radius
    rows = (np.arctan2(x, down) - canvas.angles[0]) / (canvas.angles[1] - canvas.angles[0])
    columns = (np.hypot(x, down) - canvas.apex_radius) / (canvas.depth[1] - canvas.depth[0])
    image = map_coordinates(canvas.level, [rows, columns], order=1, mode="nearest")
    lung = TISSUES["lung"]
    rings = 2.5 * np.cos(2 * np.pi * beyond / DETAILS["mirror_rings"].value) * np.exp(-beyond / 8e-3)
    streaks = lung.texture * smooth_noise(rng, canvas, 7e-3, 8e-3)[line, step]
    far = np.clip(beyond - DETAILS["mirror_depth"].value, 0, None)
    level = image + lung.level + rings + streaks - DETAILS["mirror_fade"].value * (beyond + 3 * far)
    full, attenuation = canvas.level.copy(), canvas.attenuation.copy()
    full[line, step], attenuation[line, step] = level, lung.attenuation
    paint(canvas, hidden, full, attenuation)


def _paint_rib(canvas: Canvas, patient: Patient, borders: dict[str, np.ndarray]) -> np.ndarray:
    """Paint a rib in the muscle at one side of the view. Returns a mask of the lines in its shadow."""
    rng = patient.generator("rib")
    side = rng.choice([-1.0, 1.0])
    half = draw(DETAILS["rib_half_width"], rng)
    middle = side * (canvas.angles[-1] - half - rng.uniform(0.02, 0.14))
    off = (canvas.angles - middle) / half
    top = borders["fat"] + 0.35 * (borders["muscle"] - borders["fat"]) + 2.5e-3 * off**2
    distance = (canvas.depth - top[:, None]).astype(np.float32)
    edge = np.clip((1 - np.abs(off)) / 0.4, 0, 1)[:, None].astype(np.float32)
    thickness = DETAILS["rib_thickness"].value
    paint_tissue(canvas, edge * (distance > 0) * (distance < thickness), "bone")
    # The shadow shows only dark reverberation instead of the organs.
    reverberation = DETAILS["rib_reverberation"].value + 2.5 * smooth_noise(rng, canvas, 8e-3, 3e-3)
    paint(canvas, edge * (distance >= thickness), reverberation, TISSUES["fat"].attenuation)
    edge = np.broadcast_to(edge, distance.shape)
    add_outline(canvas, distance, INTERFACES["bone"].value, edge)
    paint_sheet(canvas, distance, 0.8e-3, INTERFACES["bone"].value - 8, edge)
    return np.abs(off) < 1.1


def _coupling(patient: Patient, angles: np.ndarray) -> np.ndarray:
    if not patient.present["lost_contact"]:
        return np.zeros(angles.size)
    rng = patient.generator("contact")
    side, width = rng.choice([-1.0, 1.0]), rng.uniform(0.03, 0.10)
    lifted = np.clip((side * angles - angles[-1] + width) / width, 0, 1)
    return draw(DETAILS["lost_contact"], rng) * lifted**1.5
