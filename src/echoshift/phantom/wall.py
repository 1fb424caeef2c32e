"""The abdominal wall: skin, fat with septa, striated muscle between fasciae, and preperitoneal fat."""

import numpy as np

from echoshift.phantom.canvas import Canvas, Interfaces, paint_tissue, smooth_curve, smooth_noise
from echoshift.phantom.patient import Patient, draw
from echoshift.phantom.tissues import DETAILS, INTERFACES

LAYERS = ("skin", "fat", "muscle", "preperitoneal_fat")


def wall_borders(canvas: Canvas, patient: Patient) -> dict[str, np.ndarray]:
    """Depth of each layer's lower border on every line, (line,), in metres. The abdomen begins at the last one."""
    rng = patient.generator("wall")
    arc = canvas.angles * canvas.apex_radius
    borders, depth = {}, np.zeros(arc.size)
    for name in LAYERS:
        uneven = (0.3 if name == "skin" else 1.0) * DETAILS["wall_unevenness"].value
        depth = depth + patient.sizes[name] * np.clip(1 + uneven * smooth_curve(rng, arc, 0.022), 0.5, 1.5)
        borders[name] = depth
    return borders


def paint_wall(canvas: Canvas, patient: Patient, borders: dict[str, np.ndarray]) -> None:
    """Paint the layers over the map and add fasciae and septa."""
    rng = patient.generator("wall texture")
    bottom = borders[LAYERS[-1]].max() + 2e-3
    fine = {
        "skin": smooth_noise(rng, canvas, 8e-3, 1e-3, 0, bottom),
        "fat": 0.7 * smooth_noise(rng, canvas, 14e-3, 1.6e-3, 0, bottom)
        + 0.7 * smooth_noise(rng, canvas, 30e-3, 5e-3, 0, bottom),
        "muscle": smooth_noise(rng, canvas, 28e-3, 0.9e-3, 0, bottom),
        "preperitoneal_fat": smooth_noise(rng, canvas, 12e-3, 1.5e-3, 0, bottom),
    }
    upper = np.zeros(canvas.angles.size)
    for name in LAYERS:
        lower = borders[name]
        # Each layer is painted from its upper border down. The next layer covers the part below that layer's border.
        weight = np.clip((canvas.depth - upper[:, None]) / 0.6e-3 + 0.5, 0, 1)
        weight = weight * (canvas.depth < lower[:, None] + 0.6e-3)
        paint_tissue(canvas, weight.astype(np.float32), "fat" if name == "preperitoneal_fat" else name, fine[name])
        upper = lower
    _add_fasciae(canvas, rng, borders)
    _add_septa(canvas, rng, borders)


def _add_fasciae(canvas: Canvas, rng: np.random.Generator, borders: dict[str, np.ndarray]) -> None:
    lines = np.arange(canvas.angles.size)
    arc = canvas.angles * canvas.apex_radius
    thickness = borders["muscle"] - borders["fat"]
    sheets = [
        (borders["skin"], -4.0),
        (borders["fat"], 0.0),
        (borders["fat"] + 1.1e-3, -3.0),  # a fascia has two leaves
        (borders["fat"] + (0.5 + 0.06 * smooth_curve(rng, arc, 0.03)) * thickness, -3.0),  # between two muscles
        (borders["muscle"], 0.0),
        (borders["preperitoneal_fat"], -2.0),
    ]
    for depth, level in sheets:
        ripple = 2.5 * smooth_curve(rng, arc, 0.006)
        canvas.interfaces.append(Interfaces(lines, depth, INTERFACES["fascia"].value + level + ripple))
    face = INTERFACES["face"].value - DETAILS["ring_decay"].value * np.arange(4)
    for i, level in enumerate(face):  # ring-down of the transmit pulse
        depth = (2 + i) * DETAILS["ring_spacing"].value
        canvas.interfaces.append(Interfaces(lines, np.full(lines.size, depth), np.full(lines.size, level)))


def _add_septa(canvas: Canvas, rng: np.random.Generator, borders: dict[str, np.ndarray]) -> None:
    top, thickness = borders["skin"], borders["fat"] - borders["skin"]
    arc = canvas.angles * canvas.apex_radius
    for _ in range(int(5 + DETAILS["septa_per_thickness"].value * thickness.mean())):
        center, half = rng.uniform(arc[0], arc[-1]), rng.uniform(6e-3, 18e-3)
        share, slope, level = rng.uniform(0.08, 0.95), rng.normal(0, 0.06), draw(INTERFACES["septum"], rng)
        lines = np.flatnonzero(np.abs(arc - center) < half)
        if lines.size < 4:
            continue
        along = (arc[lines] - center) / half
        depth = top[lines] + share * thickness[lines] + slope * half * along
        depth = depth + 0.7e-3 * smooth_curve(rng, arc[lines], 0.008)
        fade = 20 * np.log10(np.maximum(np.cos(0.5 * np.pi * along), 0.03))
        inside = (depth > top[lines]) & (depth < borders["fat"][lines])
        canvas.interfaces.append(Interfaces(lines[inside], depth[inside], (level + fade)[inside]))
