"""The whole chain against a plain float64 version, and against versions with one mistake each."""

import numpy as np
import pytest

from chain import MUTANTS, agree, chain, pixel_centres
from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.frame import EnvelopeFrame

SETTINGS = [(0.9, 10.0, 55.0), (0.5, 15.0, 50.0), (1.3, 5.0, 60.0), (0.87, 9.3, 57.1)]
UNEVEN = np.deg2rad(np.array([-30.0, -22.0, -21.0, -10.0, -1.0, 2.0, 9.0, 15.0, 28.0, 40.0]))
FRAMES = {
    "even": lambda: speckle_frame(),
    "start depth": lambda: speckle_frame(1, start_depth=0.004),
    "uneven lines": lambda: speckle_frame(2, angles=UNEVEN),
    "one-sided": lambda: speckle_frame(3, angles=np.deg2rad(np.linspace(5, 50, 30))),
    "wide": lambda: speckle_frame(4, angles=np.deg2rad(np.linspace(-110, 100, 64))),
    "reference level": lambda: speckle_frame(5, reference_level=7.5),
}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("shape", [(256, 256), (200, 311)])
def test_equals_the_plain_chain(name, settings, shape):
    frame = FRAMES[name]()
    plan = ReconstructionPlan(frame, shape=shape)
    image = plan.render(dict(zip(("beta", "alpha_l", "alpha_u"), settings, strict=True)))
    assert agree(image, plan.sector, *chain(frame, shape, *settings))


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_full_frame_equals_the_plain_chain(settings):
    frame = speckle_frame(lines=192, samples=2048, sampling_frequency=10e6)
    plan = ReconstructionPlan(frame, shape=(512, 512))
    image = plan.render(dict(zip(("beta", "alpha_l", "alpha_u"), settings, strict=True)))
    assert agree(image, plan.sector, *chain(frame, (512, 512), *settings))


@pytest.mark.parametrize("mutant", MUTANTS)
def test_differs_from_a_chain_with_a_mistake(mutant, frame):
    plan = ReconstructionPlan(frame, shape=(256, 256))
    image = plan.render({"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0})
    assert not agree(image, plan.sector, *chain(frame, (256, 256), 0.9, 10.0, 55.0, mutant))


@pytest.mark.parametrize("name", FRAMES)
def test_pixel_centres(name):
    frame = FRAMES[name]()
    plan = ReconstructionPlan(frame, shape=(100, 140))
    z, x = pixel_centres(frame, (100, 140))
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
    """67.5 dB at 15 cm, 2.5 MHz and 0.9, along the outermost line too."""
    frame = speckle_frame(samples=2048, sampling_frequency=10e6)
    decay = 1000 * 10 ** (-(67.5 / 0.15) * frame.depths(2048) / 20)
    frame = EnvelopeFrame(np.tile(decay, (48, 1)), **frame.acquisition())
    plan = ReconstructionPlan(frame, shape=(400, 400))
    image = plan.render({"beta": 0.9, "alpha_l": 39.99, "alpha_u": 79.99})
    assert (image[plan.sector] == 128).all()  # 60 dB everywhere: floor(255/2 + 0.5)


def test_zero_amplitude_is_black_without_a_warning(frame, recwarn):
    silent = type(frame)(np.zeros_like(frame.samples), **frame.acquisition())
    image = ReconstructionPlan(silent, shape=(64, 64)).render({"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0})
    assert not image.any()
    assert not recwarn.list


def test_many_settings_at_once_are_the_same_images(frame):
    plan = ReconstructionPlan(frame, shape=(128, 128))
    settings = [dict(zip(("beta", "alpha_l", "alpha_u"), values, strict=True)) for values in SETTINGS]
    images = plan.render_many(settings)
    assert images.dtype == np.uint8 and images.shape == (4, 128, 128)
    for image, one in zip(images, settings, strict=True):
        np.testing.assert_array_equal(image, plan.render(one))


def test_brightness_moves_with_each_setting(frame):
    plan = ReconstructionPlan(frame, shape=(128, 128))
    base = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
    mean = plan.render(base).mean()
    assert plan.render(base | {"beta": 0.95}).mean() > mean
    assert plan.render(base | {"alpha_l": 12.0}).mean() < mean
    assert plan.render(base | {"alpha_u": 52.0}).mean() > mean


@pytest.mark.parametrize(
    "settings",
    [
        {"beta": 40.0, "alpha_l": 10.0, "alpha_u": 55.0},
        {"beta": 0.9},
        {"beta": 0.9, "alpha_l": 55, "alpha_u": 10},
        {"beta": np.nan, "alpha_l": 1, "alpha_u": 2},
    ],
)
def test_refuses_impossible_settings(frame, settings):
    with pytest.raises(Exception, match="settings: found"):
        ReconstructionPlan(frame, shape=(64, 64)).render(settings)
