"""Scatterers on every line, and the attenuation along the path to them, from a patient's maps."""

import numpy as np

from echoshift.phantom.anatomy import Body
from echoshift.phantom.canvas import smooth_curve
from echoshift.phantom.echo import Probe, elevation_level, perpendicular_peak
from echoshift.phantom.patient import Patient
from echoshift.phantom.scanners import SCANNERS
from echoshift.phantom.tissues import ECHO


def scatterers(patient: Patient, body: Body, probe: Probe) -> tuple[np.ndarray, np.ndarray]:
    """Draw the scatterers of a body.

    Returns
    -------
    strength : ndarray of float32, (line, sample)
        Signed, on the absolute axis.
    path : ndarray of float32, (line, sample)
        One-way attenuation from the face, in dB/MHz.
    """
    canvas = body.canvas
    rng = patient.generator("speckle")
    step_cm = 100 * (canvas.depth[1] - canvas.depth[0])
    path = np.cumsum(canvas.attenuation, axis=1, dtype=np.float64) * step_cm
    path -= 0.5 * step_cm * (canvas.attenuation + canvas.attenuation[:, :1])
    amplitude = np.sqrt(_power(canvas.level) + _power(_haze(patient, body)))
    strength = _to_samples(amplitude, body, probe)
    strength *= rng.standard_normal(strength.shape, dtype=np.float32)
    _add_interfaces(strength, rng, body, probe)
    _add_reverberation(strength, patient, body, probe)
    arc = probe.angles * probe.apex_radius
    line_level = ECHO["wall_shading"].value * smooth_curve(patient.generator("shading"), arc, 0.008) + body.coupling
    depth_level = SCANNERS[patient.scanner]["cortex_level"].value + patient.gain + elevation_level(probe)
    strength *= (10 ** (line_level / 20)).astype(np.float32)[:, None]
    strength *= (10 ** (depth_level / 20)).astype(np.float32)
    return strength, _to_samples(path.astype(np.float32), body, probe)


def _power(level: np.ndarray) -> np.ndarray:
    return np.exp(level * np.float32(np.log(10) / 10))


def _haze(patient: Patient, body: Body) -> np.ndarray:
    """Level of the wall's clutter in the first centimetres behind it, (line, step)."""
    below = body.canvas.depth.astype(np.float32) - body.wall[:, None].astype(np.float32)
    return patient.imaging["haze"] - ECHO["haze_decay"].value * np.abs(below)


def _to_samples(values: np.ndarray, body: Body, probe: Probe) -> np.ndarray:
    """Interpolate a map from its depth steps to the samples of the lines."""
    position = probe.depths / (body.canvas.depth[1] - body.canvas.depth[0])
    before = np.minimum(position.astype(int), values.shape[1] - 2)
    weight = (position - before).astype(np.float32)
    return values[:, before] * (1 - weight) + values[:, before + 1] * weight


def _add_interfaces(strength: np.ndarray, rng: np.random.Generator, body: Body, probe: Probe) -> None:
    """Add smooth interfaces, one scatterer per line with slight roughness, so that they reflect in phase across lines."""
    n_samples = probe.depths.size
    line = np.concatenate([interface.line for interface in body.canvas.interfaces])
    depth = np.concatenate([interface.depth for interface in body.canvas.interfaces])
    level = np.concatenate([interface.level for interface in body.canvas.interfaces])
    position = (depth + 0.03e-3 * rng.standard_normal(depth.size)) / (probe.depths[1] - probe.depths[0])
    before = np.clip(position.astype(int), 0, n_samples - 2)
    amplitude = 10 ** (level / 20) / perpendicular_peak(probe)[before]
    weight = np.clip(position - before, 0, 1)
    np.add.at(strength, (line, before), (amplitude * (1 - weight)).astype(np.float32))
    np.add.at(strength, (line, before + 1), (amplitude * weight).astype(np.float32))


def _add_reverberation(strength: np.ndarray, patient: Patient, body: Body, probe: Probe) -> None:
    """Add reverberation inside the wall: a weaker copy of the wall, starting at its lower border."""
    delay = (body.wall / (probe.depths[1] - probe.depths[0])).astype(int)
    samples = np.arange(delay.min(), min(2 * delay.max(), probe.depths.size))
    source = samples - delay[:, None]
    valid = (source >= 0) & (source < delay[:, None])
    echo = np.take_along_axis(strength, np.clip(source, 0, None), axis=1) * valid
    strength[:, samples] += np.float32(10 ** (patient.imaging["reverberation"] / 20)) * echo
