"""Clarius raw data in the layout of clariusdev/raw, with descriptions like its samples (linear) and of convex probes."""

import numpy as np
import pytest
from clarius_files import FRAMES, LINES, SAMPLES, STAMPS, description, written
from refusals import refused
from writers import beside

from echoshift.formats import open_frame
from echoshift.formats.digests import frame_digests
from echoshift.reconstruction.envelope import envelope


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(-3000, 3000, (FRAMES, LINES * SAMPLES)).astype("<i2")


def test_every_frame_is_read_with_the_geometry_of_its_elements(tmp_path, frames):
    path = written(tmp_path / "a_rf.raw", frames)
    for number in range(FRAMES):
        frame = open_frame(f"{path}#{number}")
        np.testing.assert_array_equal(frame.samples, frames[number].reshape(LINES, SAMPLES))
    assert (frame.sampling_frequency, frame.center_frequency, frame.metadata["time_stamp"]) == (15e6, 2.5e6, STAMPS[2])
    assert frame.geometry.apex_radius == pytest.approx(0.045)
    # The middle of 26 elements is 12.5; element 0 lies 12.5 pitches along the arc from it.
    assert frame.geometry.angles[0] == pytest.approx(-12.5 * 330e-6 / 0.045)
    assert frame.geometry.angles[23] == pytest.approx(10.5 * 330e-6 / 0.045)
    assert frame.depths(SAMPLES)[0] == pytest.approx(30 * 1540 / (2 * 15e6))


def test_a_gain_that_the_scanner_applied_is_taken_off_the_envelope(tmp_path):
    """A constant echo amplified by the curve comes out flat, in the units before the gain."""
    depth = (30 + np.arange(SAMPLES)) * 1540 / (2 * 15e6) * 1e3
    gains = {"described": 30 + 5 * depth / 40, "own": 10 + 20 * depth / 20}
    phase = np.cos(2 * np.pi * 2.5e6 / 15e6 * np.arange(SAMPLES))
    for name, gain in gains.items():
        line = np.round(10 ** (gain / 20) * 20 * phase).astype("<i2")
        path = written(tmp_path / f"{name}.raw", np.tile(line, (1, LINES)), STAMPS[:1])
        if name == "own":
            points = "{ 0.00mm, 10.00dB }{ 20.00mm, 30.00dB }"
            curve = f"# tgc\nframes: 1\ntimestamp: 1 {{ 0.00mm, 99.00dB }}\ntimestamp: {STAMPS[0]} {points}"
            path.with_suffix(".tgc").write_text(curve)
        flat = envelope(open_frame(path)).envelope[:, 60:-60]
        np.testing.assert_allclose(flat, 20, rtol=0.03)
    assert set(frame_digests(path)) == {"frame", "description", "gain"}


def test_iq_pairs_become_complex(tmp_path):
    pairs = np.random.default_rng(1).integers(-3000, 3000, (1, LINES * SAMPLES * 2)).astype("<i2")
    iq = ("sample size: 2 bytes}\ntype: RF", "sample size: 4 bytes}\ntype: IQ")
    frame = open_frame(written(tmp_path / "a_iq.raw", pairs, STAMPS[:1], change=iq))
    assert frame.is_iq
    np.testing.assert_array_equal(frame.samples, pairs[0].reshape(LINES, SAMPLES, 2) @ np.array([1, 1j]))


def test_a_linear_probe_and_numbers_without_units(tmp_path, frames):
    linear = ("pitch: 330 um, radius: 45 mm", "pitch: 300")
    frame = open_frame(written(tmp_path / "a.raw", frames[:1], STAMPS[:1], change=linear, angle=" 10"))
    np.testing.assert_allclose(np.diff(frame.geometry.positions), 300e-6)
    assert frame.geometry.steering == pytest.approx(np.deg2rad(10))
    bare = ("pitch: 330 um, radius: 45 mm", "pitch: 330, radius: 45")
    frame = open_frame(written(tmp_path / "a.raw", frames[:1], STAMPS[:1], change=bare))
    assert frame.geometry.apex_radius == pytest.approx(0.045)


def test_an_older_description_leaves_the_geometry_to_a_side_car(tmp_path, frames):
    probe = "probe: {version: 3, elements: 26, pitch: 330 um, radius: 45 mm}\n"
    path = written(tmp_path / "a.raw", frames[:1], STAMPS[:1], change=(probe, ""))
    assert "geometry: found neither in the file (Clarius raw) nor in a side-car" in refused(path)
    beside(path, geometry={"apex_radius": 0.045, "line_spacing": 0.007})
    assert open_frame(path).geometry.apex_radius == 0.045


def header(*numbers):
    return lambda p, f: written(p, f, header=numbers)


def edit(old, new):
    return lambda p, f: written(p, f, change=(old, new))


WRONG = {
    "truncated": (lambda p, f: p.write_bytes(p.read_bytes()[:-7]), "size: found 46117 bytes, expected 46124 for 3 frames"),
    "header alone": (lambda p, f: p.write_bytes(p.read_bytes()[:20]), "size: found 20 bytes"),
    "empty": (lambda p, f: p.write_bytes(b""), "found an empty file"),
    "another type": (lambda p, f: p.write_bytes(b"\x89LZO\x00\r\n\x1a\n" * 9), "found a file beginning with"),
    "no lines": (header(2, 3, 0, SAMPLES, 2), "header: found 3 frames of 0 lines"),
    "more frames than stored": (header(2, 4, LINES, SAMPLES, 2), "bytes, expected 61492 for 4 frames"),
    "no description": (lambda p, f: p.with_suffix(".yml").unlink(), "found no a.yml next to it"),
    "not YAML": (lambda p, f: p.with_suffix(".yml").write_text("{: ["), "description: not valid YAML"),
    "not text": (lambda p, f: p.with_suffix(".yml").write_bytes(b"\xff\xfe\x00"), "a.yml: found bytes that are not UTF-8"),
    "not a mapping": (lambda p, f: p.with_suffix(".yml").write_text("hello"), "description: found str, expected keys"),
    "envelope": (edit("type: RF", "type: B pre-scan"), "description: type: found B pre-scan, expected RF or IQ"),
    "packed": (edit("compression: none", "compression: lzo"), "description: compression: found lzo"),
    "other lines": (edit("number of lines: 24", "number of lines: 25"), "number of lines: found 25, expected 24 as in"),
    "other samples": (edit("line: 320", "line: 32"), "samples per line: found 32, expected 320 as in"),
    "other sample size": (edit("size: 2 bytes", "size: 4 bytes"), "sample size: found 4, expected 2 as in"),
    "IQ of two bytes": (edit("type: RF", "type: IQ"), "type: found IQ with 2 bytes per sample, expected 4 bytes"),
    "no size": (edit("size: {samples per line: 320, number of lines: 24, sample size: 2 bytes}\n", ""), "description: size"),
    "no rate": (edit("sampling rate: 15 MHz\n", ""), "description: sampling rate: found nothing, expected a number in Hz"),
    "unknown unit": (edit("15 MHz", "15 furlongs"), "sampling rate: found '15 furlongs', expected a number in hz, khz, mhz"),
    "no unit": (edit("15 MHz", "15"), "sampling rate: found 15, expected a unit such as MHz"),
    "negative frequency": (edit("2.5 MHz", "-2.5 MHz"), "transmit frequency: found -2.5 MHz, expected above 0"),
    "zero rate": (edit("15 MHz", "0 MHz"), "sampling rate: found 0 MHz, expected above 0"),
    "kilohertz": (edit("transmit frequency: 2.5 MHz", "transmit frequency: 2.5 kHz"), "center_frequency: found 2500.0"),
    "lines left out": (lambda p, f: description(p.with_suffix(".yml"), lines=23), "lines: found 23 entries, expected 24"),
    "elements as text": (edit("rx element: 3,", "rx element: three,"), "rx element: found 'three', expected a number"),
    "one element twice": (edit("rx element: 3,", "rx element: 2,"), "angles: found values that do not increase"),
    "steered lines": (lambda p, f: description(p.with_suffix(".yml"), angle="15"), "angle: found 15 degrees, expected 0"),
    "two angles": (edit("rx element: 3, tx element: 4.5, angle: 0", "rx element: 3, tx element: 4.5, angle: 5"), "2 different angles"),
    "radius in metres": (edit("radius: 45 mm", "radius: 0.045"), "apex_radius: found 4.49"),
    "no gain points": (edit("{ 0.00mm, 30.00dB }{ 40.00mm, 35.00dB }", "automatic"), "tgc: found 'automatic'"),
    "gain that goes back": (edit("{ 40.00mm, 35.00dB }", "{ 0.00mm, 35.00dB }"), "points such as { 0.00mm, 30.00dB } of increasing depth"),
    "no such frame": (lambda p, f: None, "found #7, expected a number from 0 to 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files_are_refused_in_one_line(name, tmp_path, frames):
    damage, expected = WRONG[name]
    path = written(tmp_path / "a.raw", frames)
    damage(path, frames)
    assert expected in refused(path, 7 if name == "no such frame" else 1)
