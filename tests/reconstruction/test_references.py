"""The parts of the chain, compared with independent packages: scipy, vbeam, ITK and zea."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import (
    AMPLITUDE,
    GEOMETRIES,
    REFERENCES,
    RF,
    applies,
    compare,
    differences,
    frame_of,
    scipy_convert,
    vbeam_convert,
    zea_results,
)

from common import needs, needs_installed, speckle_frame
from echoshift import ReconstructionPlan, RFFrame
from echoshift.frame import EnvelopeFrame
from echoshift.geometry import ConvexGeometry, LinearGeometry
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.grid import PixelGrid, pixel_grid
from probes import PAPER, two_lines

# SWIG's, when ITK is imported
pytestmark = pytest.mark.filterwarnings("ignore:builtin type:DeprecationWarning")

PACKAGES = {"ITK": "itk", "vbeam": "vbeam", "zea": "zea", "scipy": "scipy"}
CLOSE = {"scipy": 2e-7, "vbeam": 2e-7, "ITK": 4e-7, "zea": 1e-3}
"""Largest relative difference of an amplitude. Our result, ITK's interpolation and zea's coordinates are float32."""
LEVELS = {"scipy": 1, "vbeam": 1, "ITK": 1, "zea": 4}
"""Largest difference of a pixel. It is 1 for values between two levels. zea differs by more where the amplitude is near 0."""


@pytest.mark.parametrize(
    ("name", "reference"),
    [(name, reference) for name in GEOMETRIES for reference in REFERENCES if applies(reference, GEOMETRIES[name])],
)
def test_scan_conversion_equals_the_references(name, reference):
    needs_installed(PACKAGES[reference])
    relative, levels, unlike = compare(reference, frame_of(GEOMETRIES[name]))
    assert relative < CLOSE[reference]
    assert levels <= LEVELS[reference]
    assert unlike == 0


@st.composite
def geometries(draw):
    n_lines, start = draw(st.integers(2, 40)), draw(st.floats(0, 0.01))
    if draw(st.booleans()):
        left, width = draw(st.floats(-0.05, 0.02)), draw(st.floats(0.005, 0.06))
        return LinearGeometry(np.linspace(left, left + width, n_lines), draw(st.floats(-0.6, 0.6)), start)
    radius = draw(st.one_of(st.just(0.0), st.floats(0.005, 0.1)))
    first, width = draw(st.floats(-80, 40)), draw(st.floats(5, 110))
    # Move a phased array's first sample off the apex, where all lines would coincide.
    start += 0.001 if radius == 0 else 0.0
    return ConvexGeometry(radius, np.deg2rad(np.linspace(first, first + width, n_lines)), start)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(geometry=geometries(), n_samples=st.integers(32, 300), seed=st.integers(0, 2**32 - 1))
def test_scan_conversion_of_random_geometries(geometry, n_samples, seed):
    needs("vbeam")
    polar = np.random.default_rng(seed).rayleigh(size=(geometry.n_lines, n_samples)) + 0.01
    depths = geometry.start_depth + np.arange(n_samples) * 1.2e-4
    for convert in (scipy_convert, vbeam_convert):
        picture, grid = convert(geometry, depths, polar, pixel_grid(geometry, depths[-1], (48, 56)))
        relative, unlike = differences(geometry, depths, polar, picture, grid)
        assert relative < 2e-7 and unlike == 0


def test_envelope_of_a_signal_whose_analytic_signal_is_known():
    """For cosines under a slow Gaussian, the analytic signal is the same sum of rotating phasors."""
    rng, n, t = np.random.default_rng(0), 1024, np.arange(1024) / 1024
    slow = np.exp(-0.5 * ((t - 0.5) / 0.08) ** 2)
    turns = rng.choice(np.arange(150, 350), (2, 40, 1))
    size, phase = rng.rayleigh(size=(2, 40, 1)), rng.uniform(0, 7, (2, 40, 1))
    analytic = slow * (size * np.exp(1j * (2 * np.pi * turns * t + phase))).sum(axis=1)
    assert analytic.shape == (2, n)
    found = envelope(two_lines(analytic.real)).envelope
    np.testing.assert_allclose(found, np.abs(analytic), atol=1e-6 * np.abs(analytic).max())


def test_envelope_equals_zeas():
    needs_installed("zea")
    frame = speckle_frame(lines=len(RF))
    found = envelope(RFFrame(RF, **frame.acquisition())).envelope
    np.testing.assert_allclose(found, zea_results()["rf"], atol=2e-6 * np.abs(RF).max())


def test_levels_equal_zeas_logarithm():
    needs_installed("zea")
    frame = speckle_frame()
    geometry = LinearGeometry(np.linspace(-0.2, 0.2, AMPLITUDE.size))
    # One line per amplitude and one pixel per line, without gain.
    lines = EnvelopeFrame(np.tile(AMPLITUDE[:, None], 32), **frame.acquisition() | {"geometry": geometry})
    plan = ReconstructionPlan(lines, grid=PixelGrid(lines.sample_depths[:2], geometry.positions))
    ours = plan.render(PAPER | {"beta": 0.0})[0].astype(int)
    shades = np.clip((zea_results()["amplitude"] - 10) * 255 / 45, 0, 255)
    assert np.abs(ours - shades).max() < 0.5 + 1e-3
    # zea truncates, whereas the chain rounds.
    assert set(ours - zea_results()["eight bits"].astype(int)) == {0, 1}
