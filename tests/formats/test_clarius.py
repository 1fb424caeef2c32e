"""Clarius raw data in the layout of clariusdev/raw, with descriptions like its samples (linear) and of convex probes."""

import numpy as np
import pytest
from clarius_files import FRAMES, LINES, NO_PROBE, SAMPLES, STAMPS, description, written
from refusals import refused
from writers import beside

from echoshift.formats import clarius, holds_grey_lines, open_frame
from echoshift.formats.digests import frame_digests
from echoshift.formats.made_with import Displayed
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
    path = written(tmp_path / "a.raw", frames[:1], STAMPS[:1], change=NO_PROBE)
    assert "geometry: found neither in the file (Clarius raw) nor in a side-car" in refused(path)
    beside(path, geometry={"apex_radius": 0.045, "line_spacing": 0.007})
    geometry = open_frame(path).geometry
    assert (geometry.apex_radius, geometry.start_depth) == (0.045, pytest.approx(30 * 1540 / (2 * 15e6)))


ENSEMBLE = [(30 + i, 15) for i in range(4) for _ in range(6)]
"""4 elements, 6 firings each, one after the other, as in the Doppler sample of clariusdev/raw."""
TURNS = [(30 + i, 15) for _ in range(6) for i in range(4)]
"""The same, firing by firing."""
LINEAR = ("pitch: 330 um, radius: 45 mm", "pitch: 300 um")


@pytest.mark.parametrize("fired", [ENSEMBLE, TURNS])
def test_one_firing_of_an_ensemble_is_chosen(tmp_path, fired):
    numbers = np.repeat(np.arange(LINES), SAMPLES).reshape(1, -1).astype("<i2")  # each line its number
    path = written(tmp_path / "a.raw", numbers, STAMPS[:1], change=LINEAR, fired=fired)
    of_element = [[i for i, (element, _) in enumerate(fired) if element == 30 + e] for e in range(4)]
    for firing in (0, 5):
        frame = open_frame(f"{path}#0/{firing}")
        np.testing.assert_array_equal(frame.samples[:, 0], [lines[firing] for lines in of_element])
        np.testing.assert_allclose(frame.geometry.positions, (np.arange(30, 34) - 12.5) * 300e-6)
        assert frame.geometry.steering == pytest.approx(np.deg2rad(15))
        assert frame.geometry.start_depth == pytest.approx(30 * 1540 / (2 * 15e6))
        assert frame.metadata["firing"] == firing


def test_a_side_car_takes_steering_and_delay_from_the_description_and_may_not_contradict_it(tmp_path, frames):
    path = written(tmp_path / "a.raw", frames, change=NO_PROBE, fired=ENSEMBLE)
    linear = {"kind": "linear", "line_spacing": 0.0003}
    delay = 30 * 1540 / (2 * 15e6)
    for more in ({}, {"steering": 0.2618}, {"start_depth": 0.0015}):
        geometry = open_frame(f"{beside(path, geometry=linear | more)}#1/2").geometry
        assert (geometry.n_lines, geometry.steering) == (4, pytest.approx(np.deg2rad(15)))
        assert geometry.start_depth == pytest.approx(delay)
    for geometry, expected in (
        (linear | {"steering": 0.0}, "geometry.steering: found 0 in the side-car, expected 0.261799 as in the file"),
        (linear | {"start_depth": 0.002}, "geometry.start_depth: found 0.002 in the side-car, expected 0.00154 as in"),
        ({"apex_radius": 0.05, "line_spacing": 0.01}, "geometry.kind: found convex for lines steered by 15 degrees"),
        (
            {"kind": "linear", "positions": [i * 3e-4 for i in range(24)]},
            "geometry.positions: found 24 values, expected 4",
        ),
    ):
        assert expected in refused(beside(path, geometry=geometry), "1/2")


def test_ensembles_of_several_angles_are_named_and_each_firing_has_one(tmp_path, frames):
    compounded = [(i, angle) for angle in (-8, 0, 8) for i in range(8)]
    path = written(tmp_path / "a.raw", frames, change=LINEAR, fired=compounded)
    assert "24 lines of 8 elements, 3 for each, steered by 3 angles from -8 to 8 degrees (an ensemble)" in refused(
        path, 1
    )
    steering = [open_frame(f"{path}#1/{firing}").geometry.steering for firing in range(3)]
    np.testing.assert_allclose(np.degrees(steering), [-8, 0, 8])
    np.testing.assert_array_equal(open_frame(f"{path}#1/2").samples, frames[1].reshape(LINES, SAMPLES)[16:])


def test_grey_levels_keep_the_scanners_gain_and_say_what_they_are(tmp_path):
    greys = (np.arange(LINES * SAMPLES) % 256).astype("u1").reshape(1, -1)
    grey = [("sample size: 2 bytes}\ntype: RF", "sample size: 1 bytes}\ntype: B pre-scan")]
    path = written(tmp_path / "a_env.raw", greys, STAMPS[:1], change=grey)
    recorded = clarius.read(path, None)
    assert (recorded.kind, recorded.samples.dtype) == ("grey", np.uint8)
    np.testing.assert_array_equal(recorded.samples, greys.reshape(LINES, SAMPLES))
    assert recorded.says["geometry"].apex_radius == 0.045 and "applied_gain" not in recorded.says
    assert "recorded: found lines of grey levels and nothing that says" in refused(path)
    assert holds_grey_lines(path) and not holds_grey_lines(
        written(tmp_path / "rf.raw", greys.repeat(2, axis=1), STAMPS[:1])
    )
    frame = open_frame(path, overrides={"recorded": Displayed(alpha_l=0, alpha_u=50)})
    np.testing.assert_array_equal(frame.grey, greys.reshape(LINES, SAMPLES))


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
    "power": (edit("type: RF", "type: PW"), "description: type: found PW, expected RF or IQ or B pre-scan"),
    "envelope of two bytes": (
        edit("type: RF", "type: B pre-scan"), "type: found B pre-scan with 2 bytes per sample, expected 1 bytes"),
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
    "one element twice": (
        edit("rx element: 3,", "rx element: 2,"), "lines: found 24 lines of 23 elements, 1 to 2 for each, expected the same"),
    "an ensemble": (
        lambda p, f: description(p.with_suffix(".yml"), fired=ENSEMBLE),
        "firing: found 24 lines of 4 elements, 6 for each, steered by 15 degrees (an ensemble), expected FRAME/FIRING"),
    "no ensemble": (lambda p, f: None, "firing: found 24 lines of 24 elements, 1 for each, steered by 0 degrees, expected FRAME alone"),
    "no such firing": (
        lambda p, f: description(p.with_suffix(".yml"), fired=ENSEMBLE), "firing: found #6, expected a number from 0 to 5"),
    "lines without entries": (edit("lines:\n", "other lines:\n"), "description: lines: found none, expected one entry"),
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
    assert expected in refused(path, {"no such frame": 7, "no ensemble": "1/0", "no such firing": "1/6"}.get(name, 1))
