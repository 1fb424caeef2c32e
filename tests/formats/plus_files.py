"""Recordings of PLUS with known samples, in every type and orientation."""

import numpy as np

from formats.writers import beside, write_metaimage

LINES, SAMPLES = 12, 90
SIDE = {
    "geometry": {"kind": "linear", "line_spacing": 3e-4},
    "sampling_frequency": 20e6,
    "center_frequency": 5e6,
}
ORIENTATIONS = {
    "FM": lambda lines: lines,
    "FU": lambda lines: lines[::-1],
    "NM": lambda lines: lines[:, ::-1],
    "NU": lambda lines: lines[::-1, ::-1],
    "MF": lambda lines: lines.T,
    "UF": lambda lines: lines[::-1].T,
    "MN": lambda lines: lines[:, ::-1].T,
    "UN": lambda lines: lines[::-1, ::-1].T,
}
"""The image (y, x) that holds lines of samples away from the face, in the order towards the marked side."""


def iq_samples():
    """Samples that differ from line to line and along them, and a point on line 7, sample 60: amplitude 5000, phase 0.6."""
    samples = np.arange(LINES * SAMPLES).reshape(LINES, SAMPLES) % 89 + 1j * (np.arange(SAMPLES) % 83 - 40)
    samples[7, 60] = np.round(5000 * np.cos(0.6)) + 1j * np.round(5000 * np.sin(0.6))
    return samples


def stored(samples, type, orientation):
    """Image (y, x) of complex samples (line, sample). The pairs of I and Q lie in the order in which they are stored."""
    axes = "along" if orientation[0] in "FN" else "across"
    turned = ORIENTATIONS[orientation](samples)
    lines = turned if axes == "along" else turned.T
    if type == "RF_IQ_LINE":
        image = np.stack([lines.real, lines.imag], axis=2).reshape(len(lines), -1)
    else:
        image = np.stack([lines.real, lines.imag], axis=1).reshape(-1, lines.shape[1])
    return image if axes == "along" else image.T


def write_plus(path, image, type, orientation="FM", side=SIDE, numbers="MET_SHORT", **header):
    """Write an image (y, x) as `type` in a file, with a side-car."""
    dtype = {"MET_SHORT": "<i2", "MET_UCHAR": "u1", "MET_FLOAT": "<f4"}[numbers]
    fields = {"FrequencyMhz": None, "ElementType": numbers, "UltrasoundImageType": type, **header}
    write_metaimage(path, np.asarray(image)[None].astype(dtype), UltrasoundImageOrientation=orientation, **fields)
    return beside(path, **side)


def write_iq(path, type="RF_IQ_LINE", orientation="FM", **fields):
    return write_plus(path, stored(iq_samples(), type, orientation), type, orientation, **fields)
