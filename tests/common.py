"""Shared helpers: synthetic frames, the project's root, and optional packages."""

import importlib
import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from echoshift import ConvexGeometry, RFFrame

ROOT = Path(__file__).resolve().parents[1]


def speckle_frame(
    seed=0, lines=48, samples=1280, angles=None, sampling_frequency=6.25e6, geometry=None, iq=False, **fields
):
    """White noise that decays by 4 dB/cm: no anatomy, but every grey level."""
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


def needs(package: str) -> ModuleType:
    """Import a reference package. If it is not installed, skip the test, or fail it if ECHOSHIFT_CI=1."""
    needs_installed(package)
    return importlib.import_module(package)


def needs_installed(package: str) -> None:
    """As `needs`, but without importing. Packages that set Keras's backend must run in a separate process."""
    if importlib.util.find_spec(package) is None:
        lacking(f"{package} is not installed (make .venv/peers)")


def lacking(reason: str) -> None:
    """Skip the test, which lacks something, or fail it if ECHOSHIFT_CI=1: CI makes sure that it is there."""
    pytest.fail(reason) if os.environ.get("ECHOSHIFT_CI") == "1" else pytest.skip(reason)
