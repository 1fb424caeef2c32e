"""Measurements of `echoshift inspect` on frames with known answers; output of `inspect` and `import`."""

import re
import subprocess
import sys

import cv2
import numpy as np
import pytest
from pydicom.data import get_testdata_file
from scipy.signal import butter, sosfiltfilt

from common import ROOT, speckle_frame
from echoshift import EnvelopeFrame, LinearGeometry, RFFrame
from echoshift.cli.main import app
from echoshift.figures.style import save
from echoshift.formats import open_frame
from echoshift.inspection.measurements import (
    band,
    depth_profile,
    equivalent_beta,
    likeness,
    mean_frequency,
    saturation,
    spectrum,
    suggested_reference_level,
)
from echoshift.inspection.picture import frame_figure
from echoshift.inspection.words import frame_facts
from echoshift.reconstruction.envelope import envelope
from formats.plus_files import SIDE as PLUS_SIDE
from formats.plus_files import write_plus
from formats.writers import CURVILINEAR, beside, write_metaimage

SIDECAR = ROOT / "resources/examples/eye_round.mha.yaml"


def decaying(slope=-4.0, noise=None, gain=0.0, **fields):
    """Speckle of 1.4 to 2.8 MHz, 33 dB at the face plus `slope` dB/cm, with white noise at a level (dB), then a depth gain (dB/cm).

    White speckle or an abrupt start would not work: the analytic signal would spread far beyond the strong samples.
    """
    acquisition = speckle_frame().acquisition()
    rng = np.random.default_rng(2)
    depth = 100 * speckle_frame().depths(1280)
    sections = butter(4, (1.4e6, 2.8e6), btype="bandpass", fs=6.25e6, output="sos")
    speckle = sosfiltfilt(sections, rng.standard_normal((48, 1280)), axis=1)
    samples = speckle / speckle.std() * 10 ** ((33 + slope * depth) / 20)
    samples[:, :100] *= np.sin(np.linspace(0, np.pi / 2, 100)) ** 2
    if noise is not None:
        samples = samples + rng.standard_normal(samples.shape) * 10 ** (noise / 20)
    return RFFrame(samples * 10 ** (gain * depth / 20), **acquisition | fields)


@pytest.mark.parametrize("slope", [-6.0, -4.0, -1.5])
def test_the_slope_of_a_known_decay_and_the_beta_that_flattens_it(slope):
    profile = depth_profile(decaying(slope))
    assert profile.slope == pytest.approx(slope, abs=0.15)
    assert equivalent_beta(profile, 2.5e6) == pytest.approx(-slope / 5, abs=0.03)
    # The analytic signal has twice the power of the noise.
    assert profile.intercept == pytest.approx(33 + 10 * np.log10(2), abs=0.7)
    assert profile.noise_depth is None


@pytest.fixture
def facts_of(tmp_path):
    """The facts of a frame, which is saved first because its format is read from a file."""

    def facts(frame):
        frame.save(tmp_path / "a.h5")
        return frame_facts(frame, tmp_path / "a.h5")

    return facts


def test_noise_begins_where_echo_equals_noise_and_does_not_bias_the_slope(facts_of):
    """33 - 4 d = -12 at 11.25 cm, where the sum of both is 3 dB above the noise."""
    frame = decaying(-4.0, noise=-12.0)
    profile = depth_profile(frame)
    assert profile.noise_depth == pytest.approx(0.1125, abs=0.006)
    assert profile.noise_level == pytest.approx(-12 + 10 * np.log10(2), abs=0.3)
    assert profile.slope == pytest.approx(-4.0, abs=0.15)
    assert profile.fitted[1] < 0.105
    assert "from 11" in facts_of(frame)["noise"]


def test_an_unstated_gain_is_noticed_and_a_stated_one_is_removed(facts_of):
    facts = facts_of(decaying(-4.0, gain=4.0))
    assert "seems to have been applied already" in facts["gain over depth"]
    depth = 100 * speckle_frame().depths(1280)
    stated = decaying(-4.0, gain=4.0, applied_gain=4.0 * depth)
    assert depth_profile(stated).slope == pytest.approx(-4.0, abs=0.1)
    assert "0.0 to 63.0 dB applied by the scanner" in facts_of(stated)["gain over depth"]
    assert "none seems to have been applied" in facts_of(decaying(-4.0))["gain over depth"]


def test_clipping_puts_many_samples_at_the_largest_magnitude(facts_of):
    frame = decaying(0.0)
    largest, share = saturation(frame)
    assert share == pytest.approx(1 / frame.samples.size) and largest == np.abs(frame.samples).max()
    limit = 2 * 10 ** (33 / 20)  # two standard deviations
    beyond = np.count_nonzero(np.abs(frame.samples) > limit) / frame.samples.size
    assert beyond > 0.03
    clipped = RFFrame(np.clip(frame.samples, -limit, limit), **frame.acquisition())
    largest, share = saturation(clipped)
    assert largest == pytest.approx(limit) and share == pytest.approx(beyond)
    assert "clipped" in facts_of(clipped)["amplitude"] and "clipped" not in facts_of(frame)["amplitude"]


def test_the_band_of_a_tone_and_of_a_baseband_tone():
    geometry = LinearGeometry(np.arange(8) * 3e-4)
    time = np.arange(2000) / 20e6
    tone = np.tile(np.cos(2 * np.pi * 5e6 * time), (8, 1))
    fields = {"geometry": geometry, "sampling_frequency": 20e6, "center_frequency": 5e6}
    assert band(RFFrame(tone, **fields))[1] == pytest.approx(5e6, abs=0.1e6)
    below = np.tile(np.exp(-2j * np.pi * 1e6 * time), (8, 1))
    frequencies, power = spectrum(RFFrame(below, **fields))
    assert frequencies[0] < 0 < frequencies[-1] and (np.diff(frequencies) > 0).all()
    assert frequencies[power.argmax()] == pytest.approx(-1e6, abs=0.1e6)


def test_an_envelope_is_measured_as_its_rf_but_has_no_spectrum(facts_of):
    gain = 4.0 * 100 * speckle_frame().depths(1280)
    rf = decaying(-4.0, gain=4.0, applied_gain=gain)
    with_gain = EnvelopeFrame(envelope(rf).envelope * 10 ** (gain / 20), **rf.acquisition())
    profile, expected = depth_profile(with_gain), depth_profile(rf)
    np.testing.assert_allclose(profile.levels, expected.levels, atol=1e-4)
    assert profile.slope == pytest.approx(expected.slope, abs=1e-4)
    assert suggested_reference_level(with_gain) == pytest.approx(suggested_reference_level(rf), abs=1e-4)
    facts = facts_of(with_gain)
    assert facts["samples"] == "envelope (detected, linear), 48 lines x 1280 samples"
    assert facts["band"] == "none: an envelope has lost it"
    assert "0.0 to 63.0 dB applied by the scanner" in facts["gain over depth"]
    assert saturation(with_gain)[0] == with_gain.envelope.max()
    titles = [[axes.get_title() for axes in frame_figure(frame, "a").subfigs[1].axes] for frame in (with_gain, rf)]
    assert [len(one) for one in titles] == [1, 2] and "spectrum" not in titles[0][0]


def baseband(n_lines=24, n_samples=400):
    """Speckle around frequency 0, wider than the distance of the lines."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(4)
    parts = [gaussian_filter(rng.standard_normal((n_lines, n_samples)), (1.5, 4)) for _ in range(2)]
    return parts[0] + 1j * parts[1]


def test_likeness_of_lines():
    lines = baseband()
    assert likeness(lines, lines) == pytest.approx(1)
    assert likeness(lines[:, 5:], 3j * lines[:, :-5]) == pytest.approx(1, abs=0.05)  # shifted by 5 samples
    assert likeness(lines[:, 20:], lines[:, :-20]) < 0.4  # beyond the shifts that are tried
    whole = np.round(20000 * lines.real).astype(np.int16)  # whose squares 16 bits do not hold
    assert likeness(whole, whole) == pytest.approx(1)
    assert likeness(0 * lines, lines) == 0
    tone = np.tile(np.exp(-2j * np.pi * 1e6 * np.arange(2000) / 20e6), (2, 1))
    assert mean_frequency(tone, 20e6) == pytest.approx(1e6, abs=0.1e6)


def test_inspect_says_what_speaks_for_each_reading_of_doubtful_lines(tmp_path, capsys):
    """IQ and real lines, both marked as IQ in alternating lines."""
    iq = baseband()
    carrier = np.exp(2j * np.pi * PLUS_SIDE["center_frequency"] / PLUS_SIDE["sampling_frequency"] * np.arange(400))
    stored = {"iq": np.stack([iq.real, iq.imag], axis=1).reshape(48, 400), "real": (iq * carrier).real}
    for name, image in stored.items():
        write_plus(tmp_path / f"{name}.mha", np.round(20000 * image), "RF_I_LINE_Q_LINE")
    found = {}
    for name in stored:
        code, out, _ = run(capsys, "inspect", tmp_path / f"{name}.mha")
        text = " ".join(re.sub("[│┃]", " ", out).split())
        assert code == 0
        said = re.search(r"read as RF_I_LINE_Q_LINE (.*) read as RF_REAL (.*) └", text).groups()
        found[name] = [
            (re.search("speaks (for|against)", one)[1], float(re.search(r"alike by ([\d.]+)", one)[1])) for one in said
        ]
    assert [speaks for speaks, _ in found["iq"]] == ["for", "against"]
    assert [speaks for speaks, _ in found["real"]] == ["against", "for"]
    assert max(alike for _, alike in found["iq"]) < 0.4 and min(alike for _, alike in found["real"]) > 0.7
    speckle_frame().save(tmp_path / "a.h5")
    assert "read as" not in run(capsys, "inspect", tmp_path / "a.h5")[1]


def test_silence_is_described_without_a_warning(facts_of):
    facts = facts_of(RFFrame(np.zeros((48, 1280)), **speckle_frame().acquisition()))
    assert facts["trend over depth"] == "too little depth above the noise"


def test_the_real_recording_has_its_band_no_gain_and_noise_from_about_75_mm(recording):
    frame = open_frame(recording, SIDECAR)
    _, peak, high = band(frame)
    assert 2.0e6 < peak < 3.0e6 and high < 5.5e6
    profile = depth_profile(frame)
    assert 0.065 < profile.noise_depth < 0.085
    assert -8 < profile.slope < -6
    assert "none seems to have been applied" in frame_facts(frame, recording)["gain over depth"]


def run(capsys, *arguments):
    """Run the command line in this process; return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as ended:
        app([str(argument) for argument in arguments])
    return ended.value.code, *capsys.readouterr()


def test_inspect_draws_frames_and_images(tmp_path, capsys):
    decaying(-4.0).save(tmp_path / "a.h5")
    code, out, _ = run(capsys, "inspect", tmp_path / "a.h5", "-o", tmp_path / "a.png")
    assert code == 0 and "EchoShift HDF5" in out and re.search(r"-(4\.0|3\.9)\d dB/cm", out)
    drawn = cv2.imread(str(tmp_path / "a.png"))
    assert drawn.shape[0] > 500 and len(np.unique(drawn)) > 100
    cv2.imwrite(str(tmp_path / "b.png"), np.tile(np.arange(64, dtype=np.uint8) * 4, (40, 1)))
    code, out, err = run(capsys, "inspect", tmp_path / "b.png", "-o", tmp_path / "c.png")
    assert code == 0 and "40 rows x 64 columns" in out and not err
    assert cv2.imread(str(tmp_path / "c.png")) is not None


def test_import_writes_a_file_that_needs_no_side_car(tmp_path, capsys):
    samples = np.random.default_rng(0).integers(-3000, 3000, (2, 20, 300)).astype(np.int16)
    path = write_metaimage(tmp_path / "a.mha", samples, FrequencyMhz=None, **CURVILINEAR)
    assert run(capsys, "import", f"{path}#1", "-o", tmp_path / "a.h5")[0] == 1  # no centre frequency
    assert not (tmp_path / "a.h5").exists()
    options = ["--center-frequency", 3e6, "--reference-level", 40, "--sound-speed", 1480]
    code, out, _ = run(capsys, "import", f"{path}#1", "-o", tmp_path / "a.h5", *options)
    assert code == 0 and "1 of 2" in out
    frame = open_frame(tmp_path / "a.h5")
    np.testing.assert_array_equal(frame.samples, samples[1])
    assert (frame.center_frequency, frame.reference_level, frame.sound_speed) == (3e6, 40, 1480)
    assert frame.metadata["source"] == "a.mha#1" and set(frame.metadata["imported"]["inputs"]) == {"frame"}
    first = (tmp_path / "a.h5").read_bytes()
    run(capsys, "import", f"{path}#1", "-o", tmp_path / "a.h5", *options)
    assert (tmp_path / "a.h5").read_bytes() == first
    # An option overrides the side-car.
    beside(path, center_frequency=2e6, reference_level=7.0)
    run(capsys, "import", f"{path}#1", "-o", tmp_path / "b.h5", "--center-frequency", 3e6)
    assert open_frame(tmp_path / "b.h5").center_frequency == 3e6
    assert open_frame(tmp_path / "b.h5").reference_level == 7.0


def test_mistakes_on_the_command_line_are_one_line(tmp_path):
    speckle_frame().save(tmp_path / "a.h5")
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((40, 40), np.uint8))
    mistakes = [
        (["inspect", "a.h5", "-o", "a.pdf"], "--output: found 'a.pdf'"),
        (["inspect", "none.h5"], "none.h5: cannot be read"),
        (["inspect", "a.h5#1"], "a.h5#1: frame: found #1"),
        (["import", "a.h5", "-o", "b.mha"], "--output: found 'b.mha'"),
        (["import", "b.png", "-o", "c.h5"], "b.png: found a file beginning with"),
        (["import", "a.h5", "-o", "c.h5", "--sound-speed", "15"], "sound_speed: found 15.0"),
        (["import", "a.h5", "-o", "c.h5", "--reference-level", "nan"], "reference_level: found nan"),
    ]
    code = "import sys; from echoshift.cli.main import app\nfor one in {!r}:\n    try: app(one)\n    except SystemExit: pass"
    done = subprocess.run(
        [sys.executable, "-c", code.format([arguments for arguments, _ in mistakes])],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stderr.splitlines()
    assert len(lines) == len(mistakes), done.stderr
    for line, (_, expected) in zip(lines, mistakes, strict=True):
        assert line.startswith("echoshift: error: ") and expected in line, line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "b.png"]


def test_each_warning_is_one_line_on_stderr(tmp_path, capsys):
    code, out, err = run(capsys, "inspect", get_testdata_file("examples_rgb_color.dcm", download=False))
    assert code == 0 and "US, RGB" in out
    burnt_in, coloured = err.splitlines()
    assert burnt_in.startswith("echoshift: warning: ") and "BurnedInAnnotation" in burnt_in
    assert coloured.startswith("echoshift: warning: ") and "5,119 coloured pixels" in coloured


def figure_of(half_angle, depth, noise=None):
    """The figure of a frame whose lines reach both ways from the middle by an angle in degrees, as it is saved."""
    frame = speckle_frame(lines=96, samples=int(depth * 2 * 6.25e6 / 1540), angles=angles_to(half_angle))
    samples = frame.samples
    if noise is not None:
        samples = samples + np.random.default_rng(1).standard_normal(samples.shape) * 10 ** (noise / 20)
    return frame_figure(RFFrame(samples, **frame.acquisition()), "a frame")


def angles_to(degrees):
    return np.deg2rad(np.linspace(-degrees, degrees, 96))


@pytest.mark.parametrize(("half_angle", "depth"), [(27.5, 0.11), (27.5, 0.12), (55, 0.12), (12, 0.2)])
def test_every_label_of_the_figure_lies_within_it(half_angle, depth, tmp_path):
    figure = figure_of(half_angle, depth)
    save(figure, tmp_path / "a.png", {})
    axes = [one for part in figure.subfigs for one in part.axes]
    assert len(axes) == 3
    for label in (text for one in axes for text in (one.xaxis.label, one.yaxis.label, one.title)):
        box = label.get_window_extent()
        assert label.get_text() and box.x0 >= 0 and box.y0 >= 0, label
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, label


def test_the_legends_patch_of_noise_can_be_seen_over_the_noise(tmp_path):
    """A deep frame, whose legend lies over the depths of noise: the patch has their colour, and its surroundings are white."""
    figure = figure_of(12, 0.2, noise=-12.0)
    save(figure, tmp_path / "a.png", {})
    legend = figure.subfigs[1].axes[0].get_legend()
    patch = legend.get_patches()[0].get_window_extent()
    drawn = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_GRAYSCALE)[::-1]
    row = drawn[int((patch.y0 + patch.y1) / 2)]
    inside, beside = row[int((patch.x0 + patch.x1) / 2)], row[int(patch.x1) + 3]
    assert beside == 255 and inside < 220
