"""Outlines and tissues of the liver, kidney, gallbladder and bowel."""

import numpy as np

from echoshift.phantom.canvas import Canvas, add_outline, paint, paint_sheet, paint_tissue, smooth_noise, within
from echoshift.phantom.patient import Patient
from echoshift.phantom.tissues import DETAILS, INTERFACES, TISSUES


def organ_center(patient: Patient, organ: str, wall: float) -> np.ndarray:
    """Centre (x, z) of the `liver`'s outline or the `kidney`, in metres. The abdomen begins at depth `wall`."""
    return np.array([patient.sizes[f"{organ}_x"], wall + patient.sizes[f"{organ}_below_wall"]])


def liver_distance(canvas: Canvas, patient: Patient, center: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance to the liver's rear outline, and the angle about its centre.

    Returns
    -------
    distance : ndarray, (line, step)
        Negative in the liver, in metres.
    angle : ndarray, (line, step)
        From -pi/2 to 3 pi/2, in radians. 0 points towards +x and pi/2 towards depth.
    """
    rng = patient.generator("liver outline")
    x, z = canvas.x - center[0], canvas.z - center[1]
    angle = np.mod(np.arctan2(z, x) + np.pi / 2, 2 * np.pi) - np.pi / 2
    wobble = _wobble(rng, angle, [(1, 0.03), (2, 0.035), (3, 0.02), (5, 0.008), (8, 0.004)])
    return np.hypot(x, z) - patient.sizes["liver_radius"] * wobble, angle


def paint_liver(canvas: Canvas, patient: Patient) -> None:
    """Paint parenchyma everywhere. Tissue behind the liver's outline is painted over it later."""
    rng = patient.generator("parenchyma")
    coarse = smooth_noise(rng, canvas, 16e-3, 12e-3)
    fine = smooth_noise(rng, canvas, 3.2e-3, 2.4e-3)
    # Fat raises the diffuse echoes above those of the portal triads, so a fatty parenchyma looks finer.
    covered = 10 ** ((TISSUES["liver"].level - patient.level) / 20)
    texture = TISSUES["liver"].texture * min(covered, 1) * (0.6 * coarse + 0.8 * fine)
    paint(canvas, np.float32(1), patient.level + texture, patient.attenuation)


def paint_behind_liver(canvas: Canvas, patient: Patient, distance: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Paint the back of the body.

    Returns
    -------
    ndarray, (line, step)
        Weight 0..1 of the side towards the head, where the diaphragm covers the liver.
    """
    rng = patient.generator("behind the liver")
    texture = 0.8 * smooth_noise(rng, canvas, 22e-3, 2.2e-3, 0.06) + 0.6 * smooth_noise(rng, canvas, 8e-3, 6e-3, 0.06)
    liver = within(distance)
    # A fat layer of varying thickness separates liver and psoas.
    rind = 3e-3 + 2e-3 * smooth_noise(rng, canvas, 25e-3, 0.05)
    paint_tissue(canvas, (1 - liver) * within(distance - rind), "perirenal fat", texture)
    paint_tissue(canvas, 1 - within(distance - rind), "retroperitoneum", texture)
    return np.clip((angle - 1.5) / 0.3, 0, 1)  # the diaphragm covers the side towards the head and fades at the back


def add_diaphragm(canvas: Canvas, patient: Patient, distance: np.ndarray, angle: np.ndarray, domed: np.ndarray) -> None:
    """Add the diaphragm's two bright lines (peritoneum, pleura) along the liver's rear outline."""
    rng = patient.generator("diaphragm")
    level = INTERFACES["diaphragm"].value
    patchy = 10 ** (0.22 * smooth_noise(rng, canvas, 6e-3, 0.05) + 0.18 * smooth_noise(rng, canvas, 25e-3, 0.05) - 0.2)
    ripple = 0.5e-3 * smooth_noise(rng, canvas, 7e-3, 0.05)
    squareness = np.abs(np.sin(angle + canvas.angles[:, None]))  # how perpendicular the beam is to the dome
    share = domed * squareness**1.5 * np.minimum(patchy, 1.4)
    muscle = DETAILS["diaphragm"].value + 0.5e-3 * smooth_noise(rng, canvas, 20e-3, 0.05)
    for border, drop in ((distance + ripple, 6.0), (distance + ripple - muscle, 0.0)):
        add_outline(canvas, border, level - drop, share)
        paint_sheet(canvas, border, 0.7e-3, level - drop - 7, share)


def paint_kidney(canvas: Canvas, patient: Patient, center: np.ndarray) -> np.ndarray:
    """Paint perirenal fat, cortex, pyramids and sinus.

    Returns
    -------
    ndarray, (line, step)
        Signed distance to the kidney's outline, in metres.
    """
    rng = patient.generator("kidney")
    size = patient.sizes
    half_length, half_width = size["kidney_half_length"], size["kidney_half_width"]
    u, v = _turned(canvas, center, size["kidney_tilt"])  # the pole at +u is closer to the probe
    _paint_psoas(canvas, rng, u, v, half_length, half_width)
    v = v - size["kidney_bend"] * (u**2 / half_length - 0.3 * half_length)
    phi = np.arctan2(v / half_width, u / half_length)
    rho, direction = np.hypot(u, v), np.arctan2(v, u)
    ellipse = 1 / np.hypot(np.cos(direction) / half_length, np.sin(direction) / half_width)
    outline = ellipse * _wobble(rng, phi, [(2, 0.035), (3, 0.04), (4, 0.025), (5, 0.015), (7, 0.01), (11, 0.006)])
    relative = rho / outline
    distance = (rho - outline) * np.clip(half_width / ellipse * 1.3, 0.5, 1)
    uneven = np.cos(3 * phi + rng.uniform(0, 2 * np.pi))
    fat = size["perirenal_fat"] * np.clip(1 + 0.5 * uneven + 0.9 * np.clip(np.sin(phi), 0, 1), 0.3, 3)
    grain = smooth_noise(rng, canvas, 6e-3, 2.5e-3, 0.03)
    paint_tissue(canvas, within(distance - fat, 0.8e-3), "perirenal fat", grain)
    paint_tissue(canvas, within(distance), "cortex", smooth_noise(rng, canvas, 5e-3, 3e-3, 0.03))
    n_pyramids = int(rng.integers(9, 13))
    place = 2 * np.pi * (np.arange(n_pyramids) + rng.uniform(-0.18, 0.18, n_pyramids)) / n_pyramids
    for angle, strength in zip(place, rng.uniform(0.45, 1.0, n_pyramids), strict=True):
        off = np.abs(np.mod(phi - angle + np.pi, 2 * np.pi) - np.pi)
        cone = np.clip((0.30 * np.clip(1.25 - relative * 0.6, 0.3, 1.3) * (relative - 0.30) / 0.35 - off) / 0.10, 0, 1)
        paint_tissue(canvas, strength * cone * np.clip((0.74 - relative) / 0.05, 0, 1), "medulla")
    lobes = _wobble(rng, phi, [(2, 0.10), (3, 0.12), (5, 0.12), (7, 0.10), (10, 0.08)])
    sinus = relative - rng.uniform(0.36, 0.45) * np.clip(lobes, 0.6, 1.35)
    paint_tissue(canvas, np.clip(0.5 - sinus / 0.10, 0, 1), "sinus", grain)
    calyces = within(np.abs(v + 1.5e-3 * np.sin(u / 5e-3)) - 1.0e-3, 0.6e-3) * np.clip((0.30 - relative) / 0.1, 0, 1)
    paint_tissue(canvas, 0.6 * calyces, "medulla")
    patchy = np.clip(0.8 + 0.3 * grain, 0.2, 1.2)
    add_outline(canvas, distance, INTERFACES["kidney capsule"].value, patchy)
    paint_sheet(canvas, distance, 0.7e-3, INTERFACES["kidney capsule"].value - 7, patchy)
    return distance


def _paint_psoas(
    canvas: Canvas, rng: np.random.Generator, u: np.ndarray, v: np.ndarray, half_length: float, half_width: float
) -> None:
    """Paint the striated muscle behind the kidney, below a layer of fat."""
    uneven = 2e-3 * smooth_noise(rng, canvas, 20e-3, 15e-3, 0.04)
    front = 0.35 * half_width - v
    head = -0.72 * half_length - u - 0.9 * np.clip(v, 0, None)
    distance = np.maximum(front, head) + uneven
    texture = 0.7 * smooth_noise(rng, canvas, 25e-3, 1.8e-3, 0.04) + 0.7 * smooth_noise(rng, canvas, 9e-3, 6e-3, 0.04)
    paint_tissue(canvas, within(distance, 1e-3), "perirenal fat", texture)
    paint_tissue(canvas, within(distance + np.clip(3.5e-3 + uneven, 1e-3, None), 1.5e-3), "retroperitoneum", texture)


def paint_gallbladder(canvas: Canvas, patient: Patient, center: np.ndarray) -> np.ndarray:
    """Paint a pear-shaped gallbladder. Returns the signed distance to it, (line, step), in metres."""
    rng = patient.generator("gallbladder")
    length, width = rng.uniform(0.020, 0.030), rng.uniform(0.007, 0.010)
    u, v = _turned(canvas, center, rng.normal(-0.5, 0.25))
    pear = width * (1 + 0.35 * np.clip(u / length, -1, 1))
    distance = (np.hypot(u / length, v / pear) - 1) * width * _wobble(rng, np.arctan2(v, u), [(2, 0.05), (3, 0.04)])
    paint_tissue(canvas, within(distance, 0.3e-3), "bile")
    paint_sheet(canvas, distance, 1.2e-3, INTERFACES["gallbladder wall"].value - 8, np.ones_like(distance))
    add_outline(canvas, distance, INTERFACES["gallbladder wall"].value)
    return distance


def paint_bowel(canvas: Canvas, patient: Patient, wall: float) -> np.ndarray:
    """Paint gas in the colon below the liver's tip, with a dirty shadow. Returns the weight of the shadow."""
    rng = patient.generator("bowel")
    edge = canvas.angles[-1] - rng.uniform(0.12, 0.24)
    top = wall + rng.uniform(0.012, 0.03)
    across = (canvas.angles[:, None] - edge) * (canvas.apex_radius + top)
    haustra = 2e-3 * smooth_noise(rng, canvas, 9e-3, 0.5) + 10 * np.clip(0.006 - across, 0, None) ** 2 / 0.006
    distance = canvas.depth - top - haustra
    side = np.clip(across / 4e-3 + 0.5, 0, 1)
    weight = side * np.clip(distance / 0.6e-3 + 0.5, 0, 1)
    streaks = 0.8 * smooth_noise(rng, canvas, 5e-3, 3e-3) + 0.6 * smooth_noise(rng, canvas, 6e-3, 0.04)
    behind = np.clip(distance, 0, None)
    gas = TISSUES["bowel"]
    paint(canvas, weight, gas.level + gas.texture * streaks + 9 - DETAILS["gas_decay"].value * behind, gas.attenuation)
    add_outline(canvas, -distance, INTERFACES["gas"].value, side * np.clip(0.7 + 0.5 * streaks, 0.1, 1.3))
    return weight


def _turned(canvas: Canvas, center: np.ndarray, tilt: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along and across an organ that is tilted by an angle (rad), (line, step), in metres."""
    x, z = canvas.x - center[0], canvas.z - center[1]
    return np.cos(tilt) * x - np.sin(tilt) * z, np.sin(tilt) * x + np.cos(tilt) * z


def _wobble(rng: np.random.Generator, angle: np.ndarray, harmonics: list[tuple[int, float]]) -> np.ndarray:
    """1 plus harmonics of the angle with random phases. `harmonics` holds (order, amplitude SD)."""
    total = np.ones(angle.shape, dtype=np.float32)
    for order, amplitude in harmonics:
        total += amplitude * rng.normal() * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    return total
