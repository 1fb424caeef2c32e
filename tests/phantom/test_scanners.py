"""Simulated scanners: what the files say and hold, beside the table and the closed form of attenuation."""

import csv

import numpy as np
import pytest

from common import ROOT
from echoshift.cli.simulate import Kind, simulate
from echoshift.errors import EchoShiftError
from echoshift.frame import RFFrame
from echoshift.phantom.echo import elevation_level, make_probe, receive
from echoshift.phantom.patient import draw_patient
from echoshift.phantom.scanners import SCANNERS, USUAL
from echoshift.phantom.simulate import simulate_frame
from echoshift.phantom.tissues import PROBE
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan

SMALL = {"lines": 64, "samples": 1700}
OTHER = "HDI-C5-2"
SHEET = ROOT / "resources/simulated/another_scanner.csv"


def rows_of(path):
    return list(csv.DictReader(line for line in path.read_text().splitlines() if not line.startswith("#")))


def center_of_power(rf: np.ndarray, sampling_frequency: float) -> float:
    """Mean frequency of the power of windowed pieces of lines (line, sample), in hertz."""
    power = (np.abs(np.fft.rfft(rf * np.hanning(rf.shape[1]), axis=1)) ** 2).mean(axis=0)
    frequencies = np.fft.rfftfreq(rf.shape[1], 1 / sampling_frequency)
    return float((power * frequencies).sum() / power.sum())


def test_the_default_study_has_the_frames_that_it_always_had():
    """Numbers of the frames from before there were other scanners."""
    patient = draw_patient("R001", 0, 1)
    assert patient.gain == 0.9546070406640703
    expected = {"noise": -43.024875833, "reverberation": -24.930278796, "haze": -8.038074539, "pedestal": -29.92100875}
    assert dict(patient.imaging) == pytest.approx(expected | {"focus": 0.08496882}, abs=1e-8)
    frame = simulate_frame("A", 1, 7, **SMALL)
    assert frame.samples.std(dtype=np.float64) == pytest.approx(3.680137446703233, rel=1e-6)
    assert frame.samples[:, 1000:].std(dtype=np.float64) == pytest.approx(0.05947569743354697, rel=1e-6)
    assert frame.samples[20, 800:804] == pytest.approx([0.52691555, -0.763791, -0.29134294, 0.54712105], abs=1e-5)
    assert "scanner" not in frame.metadata


def test_the_file_has_the_geometry_of_the_table(tmp_path):
    simulate(Kind.frame, id="A", label=1, output=tmp_path / "a.h5", seed=7, scanner=OTHER)
    frame = RFFrame.open(tmp_path / "a.h5")
    assert frame.samples.shape == (192, 2048) and frame.metadata["scanner"] == OTHER
    assert frame.geometry.apex_radius == 0.041219
    assert np.degrees(frame.geometry.angles[[0, -1]]) == pytest.approx([-37.475, 37.475])
    assert (frame.center_frequency, frame.sampling_frequency) == (3.2143e6, 12.5e6)
    assert frame.depths(2048)[-1] == pytest.approx(0.1261, abs=1e-4)
    # The pitch of 128 elements on the arc, in the source of the table.
    assert np.ptp(frame.geometry.angles) * frame.geometry.apex_radius / 127 == pytest.approx(0.425e-3, abs=1e-6)


@pytest.mark.parametrize(("name", "center"), [(USUAL, 2.5e6), (OTHER, 3.2143e6)])
def test_the_spectrum_is_centred_where_the_table_and_the_attenuation_put_it(name, center):
    """A Gaussian spectrum keeps its width and moves down by sigma^2 times the attenuation, in nepers per hertz."""
    probe = make_probe(48, 2048, focus=0.07, pedestal=-27, scanner=SCANNERS[name])
    assert probe.center_frequency == center
    scatterers = np.random.default_rng(3).standard_normal((probe.angles.size, 2048), dtype=np.float32)
    for attenuation in (0.0, 0.6):  # dB/(cm MHz)
        path = np.broadcast_to(attenuation * 100 * probe.depths, scatterers.shape).astype(np.float32)
        rf = receive(scatterers, path, probe).astype(np.float64)
        for piece in (slice(300, 556), slice(1300, 1556)):
            nepers_per_hertz = 2 * attenuation * 100 * probe.depths[piece].mean() * np.log(10) / 20 * 1e-6
            expected = center - nepers_per_hertz * probe.bandwidth**2
            assert center_of_power(rf[:, piece], probe.sampling_frequency) == pytest.approx(expected, rel=0.015)


@pytest.mark.parametrize("name", SCANNERS)
def test_a_frame_has_the_band_of_its_scanner(name):
    """Between the downshift of 0.4 and of 1.0 dB/(cm MHz), in front of the noise."""
    frame = simulate_frame("A", 0, 7, lines=96, scanner=name)
    depths = frame.depths(2048)
    piece = slice(*np.searchsorted(depths, [0.035, 0.055]))
    found = center_of_power(frame.samples[:, piece].astype(np.float64), frame.sampling_frequency)
    table = {key: number.value for key, number in SCANNERS[name].items()}
    sigma = table["relative_bandwidth"] * table["center_frequency"]
    low, high = (
        table["center_frequency"] - 2 * attenuation * 4.5 * np.log(10) / 20 * 1e-6 * sigma**2
        for attenuation in (1.0, 0.4)
    )
    assert low < found < high


def test_a_higher_frequency_has_a_narrower_beam_across_the_plane():
    """So the level falls further from the lens's focus: at the face the width is the lens, at the focus wavelength x f / D."""
    probe = make_probe(8, 2048, focus=0.07, pedestal=-27, scanner=SCANNERS[OTHER])
    at_focus = 1540 / 3.2143e6 * 0.060 / 0.012
    face = 10 * np.log10(np.hypot(at_focus, 0.012) / at_focus)
    assert elevation_level(probe)[0] == pytest.approx(-face)
    assert probe.depths[np.argmax(elevation_level(probe))] == pytest.approx(0.060, abs=1e-4)


def test_the_same_patient_on_another_scanner():
    """Liver and anatomy stay. Noise and focus are those of the scanner."""
    usual, other = (draw_patient("A", 1, 7, scanner=name) for name in (USUAL, OTHER))
    same = ("fat_fraction", "attenuation", "level", "gain", "sizes", "present")
    assert [getattr(usual, name) for name in same] == [getattr(other, name) for name in same]
    assert usual.imaging["haze"] == other.imaging["haze"]
    many = [draw_patient(f"P{i}", 1, 7, scanner=OTHER).imaging for i in range(300)]
    for name in ("noise", "focus"):
        expected = SCANNERS[OTHER][name]
        assert np.mean([one[name] for one in many]) == pytest.approx(expected.value, abs=expected.sd / 5)
        assert expected.low <= min(one[name] for one in many) and max(one[name] for one in many) <= expected.high


def test_each_scanner_has_every_number():
    assert all(table.keys() == PROBE.keys() for table in SCANNERS.values())
    for table in SCANNERS.values():
        assert [number.unit for number in table.values()] == [PROBE[name].unit for name in table]


def test_the_preset_of_the_ready_study_exposes_its_frames():
    for row in [row for row in rows_of(SHEET) if row["scanner"] == OTHER][:4]:
        frame = simulate_frame(row["frame_id"], int(row["label"]), 1, **SMALL, scanner=OTHER)
        plan = ReconstructionPlan(envelope(frame), (256, 256))
        pixels = plan.render({name: float(row[name]) for name in ("beta", "alpha_l", "alpha_u")})[plan.sector]
        assert (pixels == 0).mean() < 0.2 and (pixels == 255).mean() < 0.02
        assert 70 < pixels.mean() < 120


def test_the_sheet_of_the_ready_study():
    """The default study's frames as they are, and as many of other patients, with the same labels."""
    usual, other = ([row for row in rows_of(SHEET) if row["scanner"] == name] for name in SCANNERS)
    default = rows_of(ROOT / "resources/simulated/frames.csv")
    assert [{name: row[name] for name in default[0]} for row in usual] == default
    assert [row["label"] for row in other] == [row["label"] for row in usual]
    assert {row["test_only"] for row in usual} == {"no"} and {row["test_only"] for row in other} == {"yes"}
    assert len({row["patient_id"] for row in usual + other}) == 66


def test_what_no_scanner_can_record_is_refused(tmp_path):
    with pytest.raises(EchoShiftError, match=r"scanner: found 'L7-4', expected one of C5-2v, HDI-C5-2$"):
        simulate_frame("A", 1, 7, scanner="L7-4")
    with pytest.raises(EchoShiftError, match="--scanner: found 'HDI-C5-2' for an image, expected it for a frame only"):
        simulate(Kind.image, id="A", label=1, output=tmp_path / "a.png", scanner=OTHER)
    with pytest.raises(EchoShiftError, match=r"samples: found 1600, expected at least 16\d\d"):
        simulate_frame("A", 1, 7, samples=1600, scanner=OTHER)
