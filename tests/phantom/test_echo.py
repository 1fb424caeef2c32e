"""The echo model, compared with speckle statistics and the closed form of attenuation."""

import numpy as np
import pytest
from scipy.signal import hilbert

from echoshift.errors import EchoShiftError
from echoshift.phantom.echo import Probe, make_probe, perpendicular_peak, receive
from echoshift.phantom.scanners import SCANNERS
from echoshift.phantom.tissues import PROBE, Number

ATTENUATION = 0.6  # dB/(cm MHz)
SEEDS = range(8)


def homogeneous(seed: int, probe: Probe, attenuation: float) -> np.ndarray:
    """Envelope (line, sample) of unit scatterers in a uniform medium."""
    scatterers = np.random.default_rng(seed).standard_normal((probe.angles.size, probe.depths.size), dtype=np.float32)
    path = np.broadcast_to(attenuation * 100 * probe.depths, scatterers.shape).astype(np.float32)
    return np.abs(hilbert(receive(scatterers, path, probe).astype(np.float64), axis=1))


def slope_of_power(probe: Probe) -> tuple[float, np.ndarray]:
    """Fitted slope of the mean envelope power in dB/cm, and the depths of the fit in cm."""
    power = np.mean([(homogeneous(seed, probe, ATTENUATION) ** 2).mean(axis=0) for seed in SEEDS], axis=0)
    depth = 100 * probe.depths
    used = (depth > 3) & (depth < 12)
    return np.polyfit(depth[used], 10 * np.log10(power[used]), 1)[0], depth[used]


def test_speckle_in_homogeneous_liver_is_rayleigh():
    probe = make_probe(96, 2048, focus=0.075, pedestal=-27)
    envelope = homogeneous(0, probe, 0.0)
    shallow, deep = envelope[:, 500:900], envelope[:, 1300:1800]
    for part in (shallow, deep):
        assert 1.7 < part.mean() / part.std() < 2.1
        # 0 dB on the absolute axis is a mean square of 1, at any depth and beam width.
        assert abs(10 * np.log10((part**2).mean())) < 0.5


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=SCANNERS)
def test_attenuation_slope_follows_the_closed_form_of_a_gaussian_pulse(scanner):
    probe = make_probe(48, 2048, focus=0.075, pedestal=-27, scanner=scanner)
    measured, depth = slope_of_power(probe)
    center, sigma = probe.center_frequency * 1e-6, probe.bandwidth * 1e-6
    loss = 2 * ATTENUATION * depth * np.log(10) / 10  # of power, per MHz
    closed = 10 / np.log(10) * (-loss * center + (loss * sigma) ** 2 / 4)
    expected = np.polyfit(depth, closed, 1)[0]
    nominal = -2 * ATTENUATION * center
    assert abs(measured - expected) < 0.15
    assert expected - nominal > 0.3  # the downshift exists; a model at one frequency would fail
    assert measured - nominal > 0.15


def test_attenuation_slope_is_nominal_in_a_narrow_band():
    narrow = PROBE | {"relative_bandwidth": Number(0.02, "1", "of this test")}
    probe = make_probe(48, 2048, focus=0.075, pedestal=-27, scanner=narrow)
    measured, _ = slope_of_power(probe)
    assert measured == pytest.approx(-2 * ATTENUATION * 2.5, rel=0.02)


def test_beam_is_narrow_near_the_focus_and_grows_away_from_it():
    def width(depth: float, focus: float = 0.075) -> float:
        probe = make_probe(192, 2048, focus=focus, pedestal=-27)
        envelope = homogeneous(1, probe, 0.0)
        k = int(depth / probe.depths[1])
        part = envelope[:, k - 60 : k + 60] ** 2
        part = part - part.mean(axis=0)
        lags = np.array([(part[: part.shape[0] - lag] * part[lag:]).mean() for lag in range(25)])
        step = (probe.apex_radius + depth) * (probe.angles[1] - probe.angles[0])
        return step * np.interp(-0.5, -lags / lags[0], np.arange(25))

    assert width(0.075) < 0.75 * width(0.14)
    assert width(0.075) < 3e-3
    assert width(0.10, focus=0.10) < 0.85 * width(0.10, focus=0.05)


def test_no_ringing_far_from_a_bright_scatterer():
    probe = make_probe(32, 2048, focus=0.075, pedestal=-27)
    scatterers = np.zeros((probe.angles.size, probe.depths.size), dtype=np.float32)
    scatterers[:, 300] = 1 / perpendicular_peak(probe)[300]
    envelope = np.abs(hilbert(receive(scatterers, np.zeros_like(scatterers), probe).astype(np.float64), axis=1))
    middle = envelope[probe.angles.size // 2]
    assert np.argmax(middle) == 300
    assert middle[300] == pytest.approx(1, rel=0.05)  # an interface's level is its peak level
    assert 20 * np.log10(middle[700:1900].max()) < -90


def test_sampling_that_cannot_carry_the_band_is_refused():
    with pytest.raises(EchoShiftError, match=r"samples: found 1024, expected at least \d+"):
        make_probe(64, 1024, focus=0.075, pedestal=-27)
    with pytest.raises(EchoShiftError, match="lines: found 1"):
        make_probe(1, 2048, focus=0.075, pedestal=-27)


def test_depth_does_not_depend_on_the_number_of_samples():
    few, many = (make_probe(8, n, focus=0.075, pedestal=-27) for n in (1700, 2048))
    assert few.depths[-1] == pytest.approx(many.depths[-1], rel=1e-3)
    assert many.sampling_frequency == PROBE["sampling_frequency"].value
