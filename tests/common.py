"""Frames that many tests share, and where the project lies."""

import importlib
import os
from pathlib import Path

import numpy as np
import pytest

from echoshift import ConvexGeometry, RFFrame

ROOT = Path(__file__).resolve().parents[1]


def speckle_frame(seed=0, lines=48, samples=1280, angles=None, sampling_frequency=6.25e6, **fields):
    """White noise that decays by 4 dB/cm: no anatomy, every grey level."""
    rng = np.random.default_rng(seed)
    angles = np.deg2rad(np.linspace(-35, 35, lines)) if angles is None else angles
    start_depth = fields.pop("start_depth", 0.0)
    decay = 10 ** ((33 - 4 * 100 * np.arange(samples) * 1540 / (2 * sampling_frequency)) / 20)
    fields = {"center_frequency": 2.5e6, "sampling_frequency": sampling_frequency} | fields
    geometry = ConvexGeometry(apex_radius=0.04957, angles=angles, start_depth=start_depth)
    return RFFrame(rng.standard_normal((len(angles), samples)) * decay, geometry=geometry, **fields)


def needs(package):
    """A package that tests compare with and the project does not depend on: skip without it, but fail where all must be there."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        if os.environ.get("ECHOSHIFT_CI") == "1":
            pytest.fail(f"{package} is not installed ({error}), and ECHOSHIFT_CI=1 asks for all")
        pytest.skip(f"{package} is not installed")
