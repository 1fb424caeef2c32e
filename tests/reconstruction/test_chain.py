"""The whole chain, compared with a plain float64 version and with mutants that make one mistake each."""

from functools import cache

import numpy as np
import pytest

from chain import MUTANTS, agree, chain, pixel_centres
from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.frame import EnvelopeFrame
from probes import CASES, PAPER, PROBES

SHAPE = (150, 161)


@cache
def prepared(name):
    frame = PROBES[name]()
    return frame, ReconstructionPlan(frame, shape=SHAPE)


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("case", CASES)
def test_equals_the_plain_chain(probe, case):
    frame, plan = prepared(probe)
    settings = PAPER | CASES[case]
    assert agree(plan.render(settings), *chain(frame, SHAPE, settings))


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("ratio", [1.0, 0.95, 1.05])
def test_lights_exactly_the_plain_chains_sector(probe, ratio):
    frame, plan = prepared(probe)
    settings = {"beta": 1.3, "alpha_l": -200.0, "alpha_u": -199.0, "sound_speed_ratio": ratio}
    expected = chain(frame, SHAPE, settings)[1]
    np.testing.assert_array_equal(plan.render(settings), np.where(expected, 255, 0))
    if ratio == 1:
        np.testing.assert_array_equal(plan.sector, expected)


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("mutant", MUTANTS)
def test_differs_from_a_chain_with_a_mistake(mutant, probe):
    frame, plan = prepared(probe)
    if mutant == "Cartesian z in the gain" and getattr(frame.geometry, "steering", None) == 0:
        return  # not a mistake here: depth equals z on lines straight down
    settings = PAPER | MUTANTS[mutant]
    assert not agree(plan.render(settings), *chain(frame, SHAPE, settings, mutant))


@pytest.mark.parametrize("case", ["the paper's", "crooked", "everything"])
def test_a_full_frame_equals_the_plain_chain(case):
    frame = speckle_frame(lines=192, samples=2048, sampling_frequency=10e6)
    settings = PAPER | CASES[case]
    assert agree(ReconstructionPlan(frame).render(settings), *chain(frame, (512, 512), settings))


@pytest.mark.parametrize("probe", PROBES)
def test_pixel_centres(probe):
    frame, plan = prepared(probe)
    z, x = pixel_centres(frame, SHAPE)
    np.testing.assert_allclose(plan.z, z, atol=1e-9)
    np.testing.assert_allclose(plan.x, x, atol=1e-9)


def test_pixels_are_square_and_centred_and_the_face_is_inside_the_box(frame):
    plan = ReconstructionPlan(frame, shape=(256, 300))
    steps = np.concatenate([np.diff(plan.z), np.diff(plan.x)])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)
    assert plan.z[0] == pytest.approx(0.04957 * (np.cos(np.deg2rad(35)) - 1))  # the face's corner, above z = 0
    assert plan.x[0] == pytest.approx(-plan.x[-1])


def test_outside_is_black_and_the_strip_before_the_first_sample_too():
    frame = speckle_frame(start_depth=0.01)
    plan = ReconstructionPlan(frame, shape=(300, 300))
    image = plan.render({"beta": 1.3, "alpha_l": -200.0, "alpha_u": -100.0})
    assert (image[plan.sector] == 255).all()
    assert (image[~plan.sector] == 0).all()
    column = np.abs(plan.x).argmin()
    first = plan.z[np.flatnonzero(image[:, column])[0]]
    assert 0.01 <= first <= 0.01 + 2 * (plan.z[1] - plan.z[0])


def test_a_decay_of_exactly_beta_comes_out_flat():
    """67.5 dB at 15 cm, 2.5 MHz and 0.9, even along the outermost lines."""
    frame = speckle_frame(samples=2048, sampling_frequency=10e6)
    decay = 1000 * 10 ** (-(67.5 / 0.15) * frame.depths(2048) / 20)
    frame = EnvelopeFrame(np.tile(decay, (48, 1)), **frame.acquisition())
    plan = ReconstructionPlan(frame, shape=(400, 400))
    image = plan.render({"beta": 0.9, "alpha_l": 39.99, "alpha_u": 79.99})
    assert (image[plan.sector] == 128).all()  # 60 dB everywhere: floor(255/2 + 0.5)


def test_zero_amplitude_is_black_without_a_warning(frame, recwarn):
    silent = type(frame)(np.zeros_like(frame.samples), **frame.acquisition())
    image = ReconstructionPlan(silent, shape=(64, 64)).render(PAPER)
    assert not image.any()
    assert not recwarn.list


def test_many_settings_at_once_are_the_same_images(frame):
    plan = ReconstructionPlan(frame, shape=(128, 128))
    settings = [PAPER | case for case in CASES.values()]
    images = plan.render_many(settings)
    assert images.dtype == np.uint8 and images.shape == (len(CASES), 128, 128)
    for image, one in zip(images, settings, strict=True):
        np.testing.assert_array_equal(image, plan.render(one))


def test_brightness_moves_with_each_setting(frame):
    plan = ReconstructionPlan(frame, shape=(128, 128))
    mean = plan.render(PAPER).mean()
    assert plan.render(PAPER | {"beta": 0.95}).mean() > mean
    assert plan.render(PAPER | {"alpha_l": 12.0}).mean() < mean
    assert plan.render(PAPER | {"alpha_u": 52.0}).mean() > mean
