"""Files of other tools, including a real recording."""

import numpy as np
import pytest
from writers import beside

from chain import agree, chain
from common import ROOT, speckle_frame
from echoshift import ReconstructionPlan
from echoshift.formats import open_frame
from echoshift.inspection.measurements import suggested_reference_level

SIDECAR = ROOT / "resources/examples/eye_round.mha.yaml"


def test_content_decides_not_the_name(tmp_path, frame):
    frame.save(tmp_path / "x.mha")
    np.testing.assert_array_equal(open_frame(tmp_path / "x.mha").samples, frame.samples)


def test_the_real_recording_goes_through_the_chain(recording):
    frame = open_frame(recording, SIDECAR)
    assert frame.samples.shape == (241, 2048)
    assert frame.depths(2048)[-1] == pytest.approx(0.1051, abs=1e-4)
    plan = ReconstructionPlan(frame, shape=(400, 400))
    settings = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
    image = plan.render(settings)
    filtered = type(frame)(_band_passed(frame), **frame.acquisition() | {"band_pass": None})
    assert agree(image, *chain(filtered, (400, 400), settings))
    shades = image[plan.sector]
    assert (shades == 0).mean() < 0.2 and (shades == 255).mean() < 0.2


def _band_passed(frame):
    from scipy.signal import butter, filtfilt

    b, a = butter(4, frame.band_pass, btype="bandpass", fs=frame.sampling_frequency)
    return filtfilt(b, a, frame.samples.astype(np.float64), axis=1)


def test_suggested_reference_level_centres_the_frame():
    dark = speckle_frame(reference_level=0.0)
    suggested = suggested_reference_level(dark)
    image = ReconstructionPlan(dark.with_reference_level(suggested), (200, 200))
    shades = image.render({"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0})[image.sector]
    assert 100 < np.median(shades) < 155


def test_a_side_car_corrects_the_projects_own_file(tmp_path, frame):
    frame.save(tmp_path / "x.h5")
    geometry = {"kind": "linear", "line_spacing": 0.0003, "steering": 0.1}
    found = open_frame(beside(tmp_path / "x.h5", reference_level=7.0, geometry=geometry))
    np.testing.assert_array_equal(found.samples, frame.samples)
    assert (found.reference_level, found.geometry.steering) == (7.0, 0.1)
    assert found.center_frequency == frame.center_frequency
    assert found.geometry.positions[-1] == pytest.approx(0.0003 * (len(frame.samples) - 1) / 2)
