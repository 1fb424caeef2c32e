"""Frames that many tests share, and where the project lies."""

import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from echoshift import ConvexGeometry, RFFrame

ROOT = Path(__file__).resolve().parents[1]


def speckle_frame(
    seed=0, lines=48, samples=1280, angles=None, sampling_frequency=6.25e6, geometry=None, iq=False, **fields
):
    """White noise that decays by 4 dB/cm: no anatomy, every grey level."""
    rng = np.random.default_rng(seed)
    start_depth = fields.pop("start_depth", 0.0)
    if geometry is None:
        angles = np.deg2rad(np.linspace(-35, 35, lines)) if angles is None else angles
        geometry = ConvexGeometry(apex_radius=0.04957, angles=angles, start_depth=start_depth)
    decay = 10 ** ((33 - 4 * 100 * np.arange(samples) * 1540 / (2 * sampling_frequency)) / 20)
    fields = {"center_frequency": 2.5e6, "sampling_frequency": sampling_frequency} | fields
    noise = rng.standard_normal((geometry.n_lines, samples))
    if iq:
        noise = noise + 1j * rng.standard_normal(noise.shape)
    return RFFrame(noise * decay, geometry=geometry, **fields)


def needs(package):
    """A package of another tool, to compare with; a test that lacks it is skipped, on the continuous integration it fails."""
    try:
        return import_module(package)
    except ImportError as error:
        if os.environ.get("ECHOSHIFT_CI") == "1":
            raise
        pytest.skip(f"{package} is not here ({error})")
