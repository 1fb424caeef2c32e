"""A frame recorded as an envelope gives the pictures of its RF, by every way into the program."""

import numpy as np
import pytest
from writers import beside, write_metaimage

from common import speckle_frame
from echoshift import EnvelopeFrame, ReconstructionPlan
from echoshift.cli.main import app
from echoshift.formats import open_frame
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.envelope import envelope
from echoshift.storage.tables import write_rows
from echoshift.summary.confirmation import SOURCE_COLUMNS, read_sources

GAIN = np.linspace(0, 30, 1280)
SETTINGS = {"beta": 0.7, "alpha_l": 5.0, "alpha_u": 50.0}
SHAPE = (80, 80)


@pytest.fixture
def pair(tmp_path):
    """RF with a gain that was applied, saved as F.h5, and its envelope with the same gain, saved as E.h5."""
    rf = speckle_frame(applied_gain=GAIN, reference_level=3.0)
    detected = EnvelopeFrame(envelope(rf).envelope * 10 ** (GAIN / 20), **rf.acquisition())
    rf.save(tmp_path / "F.h5")
    detected.save(tmp_path / "E.h5")
    return tmp_path


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        app([str(argument) for argument in arguments])
    assert ended.value.code == 0


def rendered(frame):
    return ReconstructionPlan(frame, SHAPE).render(SETTINGS)


def assert_same(image, other):
    """At most one grey level apart, in few pixels: the envelopes differ by the rounding of float32."""
    assert np.ptp(image) > 100
    difference = np.abs(image.astype(int) - other)
    assert difference.max() <= 1 and np.mean(difference) < 0.01


def test_a_plan_removes_the_gain_from_an_envelope(pair):
    rf, detected = open_frame(pair / "F.h5"), open_frame(pair / "E.h5")
    assert isinstance(detected, EnvelopeFrame)
    assert_same(rendered(rf), rendered(detected))
    removed = envelope(detected)
    assert removed.applied_gain is None and envelope(removed) is removed


def test_reconstruct_and_the_source_of_confirmations(pair):
    for name in ("F", "E"):
        options = ("--beta", 0.7, "--alpha-l", 5, "--alpha-u", 50, "--shape", *SHAPE, "--reference-level", 2)
        (pair / f"r{name}").mkdir()
        run("reconstruct", pair / f"{name}.h5", "-o", pair / f"r{name}" / "reconstruction.zarr", *options)
    images = [read_reconstruction(pair / f"r{name}").image for name in ("F", "E")]
    assert_same(*images)
    row = dict(zip(SOURCE_COLUMNS, ("E", pair / "E.h5", 2, *SHAPE, "", ""), strict=True))
    write_rows(pair / "rf.csv", SOURCE_COLUMNS, [row])
    np.testing.assert_array_equal(read_sources(pair / "rf.csv")["E"].plan().render(SETTINGS), images[1])


def test_import_keeps_an_envelope(tmp_path):
    amplitudes = np.arange(8 * 64).reshape(1, 8, 64).astype(np.int16)
    side = {"geometry": {"kind": "linear", "line_spacing": 3e-4}, "sampling_frequency": 20e6, "type": "ENVELOPE"}
    path = beside(write_metaimage(tmp_path / "a.mha", amplitudes), **side)
    run("import", path, "-o", tmp_path / "a.h5", "--reference-level", 4)
    frame = open_frame(tmp_path / "a.h5")
    assert isinstance(frame, EnvelopeFrame) and frame.reference_level == 4
    np.testing.assert_array_equal(frame.envelope, amplitudes[0])


def test_a_side_car_corrects_an_envelope(pair):
    found = open_frame(beside(pair / "E.h5", reference_level=7.0, applied_gain=[0.0] * 1280))
    assert isinstance(found, EnvelopeFrame) and found.reference_level == 7
    np.testing.assert_array_equal(envelope(found).envelope, found.envelope)
