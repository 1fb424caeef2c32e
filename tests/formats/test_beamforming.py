"""Channel data of zea's own simulator, imported by the command line: point targets, and zea's own pictures of its files."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common import needs_installed
from echoshift.formats import open_frame
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.grid import PixelGrid, sector_pixels
from echoshift.reconstruction.plan import weighted_envelope

WAVELENGTH = 1540 / 3.5e6
POINTS = {  # x and z in metres
    "curved": [(0.0, 0.02), (0.01337, 0.0312), (-0.0214, 0.0451)],
    "linear": [(0.0, 0.012), (0.00437, 0.0212), (-0.0062, 0.0301)],
    "phased": [(0.0005, 0.02), (0.0151, 0.0293), (-0.0202, 0.0307)],
}
FILES = {**{kind: kind for kind in POINTS}, "iq": "linear", "late": "linear"}
"""Files and the kind of their probe."""
IMPORTS = """
import json, sys
from echoshift.cli.main import app
for one in json.loads(sys.argv[1]):
    try: app(one)
    except SystemExit as ended: assert not ended.code, one
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Channel data and, beside each, the imported frame."""
    for package in ("zea", "jax"):
        needs_installed(package)
    folder = tmp_path_factory.mktemp("channels")
    script = Path(__file__).with_name("channels_with_zea.py")
    subprocess.run([sys.executable, script, folder, json.dumps(POINTS)], check=True, capture_output=True)
    commands = [["import", f"{name}.hdf5", "-o", f"{name}.h5", "--beamform"] for name in FILES]
    commands.append(["import", "linear.hdf5", "-o", "slow.h5", "--beamform", "--sound-speed", "1500"])
    run = [sys.executable, "-c", IMPORTS, json.dumps(commands)]
    done = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return folder


def imaged(frame, x, z):
    """Where the frame shows a point near a position in metres: its strongest sample, refined by parabolas through the
    levels of the neighbours."""
    detected = envelope(frame)
    levels, depths = np.log(detected.envelope + 1e-30), detected.sample_depths
    sample_z, sample_x = frame.geometry.points(np.arange(frame.geometry.n_lines)[:, None], depths)
    near = np.hypot(sample_x - x, sample_z - z) < 2e-3
    line, sample = np.unravel_index(np.where(near, levels, -np.inf).argmax(), levels.shape)
    refined = line + vertex(levels[line - 1 : line + 2, sample]), sample + vertex(levels[line, sample - 1 : sample + 2])
    z, x = frame.geometry.points(refined[0], depths[0] + refined[1] * (depths[1] - depths[0]))
    return float(x), float(z)


def vertex(values):
    before, at, after = values
    return 0.5 * (before - after) / (before - 2 * at + after)


@pytest.mark.parametrize("name", FILES)
def test_points_are_imaged_within_half_a_wavelength_of_where_they_were_put(folder, name):
    frame = open_frame(folder / f"{name}.h5")
    assert frame.is_iq
    for x, z in POINTS[FILES[name]]:
        found = imaged(frame, x, z)
        assert np.hypot(found[0] - x, found[1] - z) < WAVELENGTH / 2, (found, (x, z))


def test_the_grid_follows_from_the_probe(folder):
    curved, linear, phased, late = (
        open_frame(folder / f"{name}.h5") for name in ("curved", "linear", "phased", "late")
    )
    assert curved.geometry.apex_radius == pytest.approx(0.05, abs=1e-6)
    np.testing.assert_allclose(curved.geometry.angles[[0, -1]], np.array([-31.5, 31.5]) * 0.6e-3 / 0.05, atol=1e-6)
    np.testing.assert_allclose(linear.geometry.positions[[0, -1]], np.array([-31.5, 31.5]) * 0.3e-3, atol=1e-8)
    assert phased.geometry.apex_radius == 0
    np.testing.assert_allclose(np.degrees(phased.geometry.angles[[0, -1]]), [-40, 40], atol=1e-4)
    # Half a wavelength between lines: along the face, or per aperture in radians. A quarter between samples.
    spacings = (
        0.05 * np.diff(curved.geometry.angles),
        np.diff(linear.geometry.positions),
        np.diff(phased.geometry.angles),
    )
    for spacing, aperture in zip(spacings, (1, 1, 47 * 0.22e-3), strict=True):
        assert 0.48 < spacing.mean() * aperture / WAVELENGTH <= 0.5 + 1e-6
    for frame in (curved, linear, phased, late):
        assert 1540 / (2 * frame.sampling_frequency) == pytest.approx(WAVELENGTH / 4, rel=0.01)
        assert (frame.center_frequency, frame.sound_speed) == (3.5e6, 1540)
    assert late.geometry.start_depth == pytest.approx(182 * 1540 / (2 * 14e6), abs=1e-6)
    assert linear.depths(linear.samples.shape[1])[-1] == pytest.approx(640 * 1540 / (2 * 14e6), abs=1e-6)
    made = phased.metadata["beamformed"]
    assert made.pop("zea") and made == {"keras_backend": "jax", "f_number": 0.0, "transmits": 17, "elements": 48}


def test_iq_lies_at_baseband(folder):
    samples = open_frame(folder / "linear.h5").samples
    power = (np.abs(np.fft.fft(samples, axis=1)) ** 2).sum(axis=0)
    low = np.abs(7e6 * np.fft.fftfreq(samples.shape[1])) < 1.75e6  # the carrier, 3.5 MHz, would be at the other end
    assert power[low].sum() > 0.99 * power.sum()


def test_baseband_channel_data_gives_the_same_as_rf(folder):
    rf, iq = (open_frame(folder / f"{name}.h5").samples for name in ("linear", "iq"))
    assert np.abs(rf - iq).max() < 1e-5 * np.abs(rf).max()


def test_a_stated_speed_of_sound_is_the_beamformers(folder):
    frame = open_frame(folder / "slow.h5")
    assert frame.sound_speed == 1500
    _, z = imaged(frame, 0.0, 0.012 * 1500 / 1540)
    assert z == pytest.approx(0.012 * 1500 / 1540, abs=WAVELENGTH / 4)


CLOSE = {"curved": (0.25, 1.0), "phased": (0.05, 0.2), "linear": (2.5, 10.0)}
"""Largest difference in dB of pixels within 20 dB and 60 dB of zea's brightest. The linear picture of zea is beamformed on
its own pixels, four per wavelength, so it shows what is lost between our lines; its median difference is below 0.1 dB."""


@pytest.mark.parametrize("kind", CLOSE)
def test_the_picture_is_zeas(folder, kind):
    frame = envelope(open_frame(folder / f"{kind}.h5"))
    with np.load(folder / "pictures.npz") as pictures:
        theirs, z, x = (pictures[f"{kind}/{part}"].astype(np.float64) for part in ("picture", "z", "x"))
    pixels = sector_pixels(frame.geometry, frame.sample_depths, PixelGrid(z, x))
    ours = np.full(theirs.shape, np.nan)
    ours.flat[pixels.inside] = weighted_envelope(frame.envelope, pixels).sum(axis=0)
    both = np.isfinite(ours) & np.isfinite(theirs)
    if kind != "linear":  # zea's linear picture is wider than the elements
        assert (np.isfinite(ours) != np.isfinite(theirs)).mean() < 1e-4  # pixels on the edge, in float32
    for within, largest in zip((20, 60), CLOSE[kind], strict=True):
        bright = both & (theirs > theirs[both].max() * 10 ** (-within / 20))
        decibels = np.abs(20 * np.log10(ours[bright] / theirs[bright]))
        print(
            f"{kind}, {bright.sum()} pixels within {within} dB: up to {decibels.max():.3f} dB, median {np.median(decibels):.4f}"
        )
        assert bright.sum() > 30 and decibels.max() < largest and np.median(decibels) < 0.1
