"""The meaning of each setting, independently of the plain chain."""

import subprocess
import sys
from contextlib import redirect_stderr
from io import StringIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from common import ROOT, speckle_frame
from echoshift import EchoShiftError, ReconstructionPlan
from echoshift.cli.main import app
from echoshift.reconstruction.chain_settings import NEUTRAL
from echoshift.reconstruction.filters import median, smooth
from echoshift.reconstruction.tone import grey_curve
from echoshift.settings import SETTINGS
from probes import PAPER, PROBES

PLANS = [ReconstructionPlan(speckle_frame(seed, lines=20, samples=700), (60, 60)) for seed in range(3)]


def test_neutral_values_change_nothing(frame):
    plan = ReconstructionPlan(frame, (128, 128))
    assert set(NEUTRAL) | set(PAPER) == set(SETTINGS)
    plain = plan.render(PAPER)
    np.testing.assert_array_equal(plan.render(PAPER | NEUTRAL), plain)
    for name, value in NEUTRAL.items():
        np.testing.assert_array_equal(plan.render(PAPER | {name: value}), plain)
        other = SETTINGS[name].high
        assert (plan.render(PAPER | {name: other}) != plain).any(), name


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    plan=st.sampled_from(PLANS),
    beta=st.floats(0.5, 1.3),
    alpha_l=st.floats(5, 15),
    alpha_u=st.floats(50, 60),
    gain=st.floats(-20, 20),
    more=st.sampled_from([{}, {"tgc_3": 2.2}, {"gamma": 1.3}, {"median": 3, "sound_speed_ratio": 1.01}]),
)
def test_gain_is_both_thresholds_lowered(plan, beta, alpha_l, alpha_u, gain, more):
    beta, alpha_l, alpha_u, gain = (round(value, 6) for value in (beta, alpha_l, alpha_u, gain))
    louder = {"beta": beta, "alpha_l": alpha_l, "alpha_u": alpha_u, "gain": gain}
    lower = {"beta": beta, "alpha_l": alpha_l - gain, "alpha_u": alpha_u - gain}
    np.testing.assert_array_equal(plan.render(louder | more), plan.render(lower | more))


def test_sliders_all_alike_are_a_gain(frame):
    plan = ReconstructionPlan(frame, (128, 128))
    alike = {f"tgc_{i}": 3.0 for i in range(1, 9)}
    difference = plan.render(PAPER | alike).astype(int) - plan.render(PAPER | {"gain": 3.0})
    assert (difference != 0).mean() < 1e-3


def test_a_slider_moves_its_own_depth_alone():
    plan = ReconstructionPlan(PROBES["linear"](), (240, 60))
    depths = np.linspace(0.002, plan.z[-1], 8)
    changed = (plan.render(PAPER | {"tgc_4": 6.0}) != plan.render(PAPER)).any(axis=1)
    rows = plan.z[changed]
    pixel = plan.z[1] - plan.z[0]
    assert depths[2] <= rows.min() < depths[2] + 8 * pixel and depths[4] - 8 * pixel < rows.max() <= depths[4]


def test_grey_curves_keep_the_ends_and_rise():
    shade = np.linspace(0, 255, 2001)
    for gamma in (0.1, 0.5, 1, 2, 10):
        for s_curve in (-2, -0.5, 0, 0.5, 1):
            bent = grey_curve(shade, gamma, s_curve)
            assert bent[0] == 0 and bent[-1] == pytest.approx(255)
            assert (np.diff(bent) >= -1e-9).all()
    assert grey_curve(np.array([127.5]), 1, 0.7) == pytest.approx(127.5)
    assert grey_curve(np.array([63.75]), 1, 0.5) == pytest.approx(63.75 - 255 * 0.5 * (0.25 - 0.15625))
    assert grey_curve(np.array([127.5]), 2, 0) == pytest.approx(63.75)


def test_filters_take_nothing_from_outside(frame):
    sector = ReconstructionPlan(frame, (90, 90)).sector
    flat = np.where(sector, 200, 0).astype(np.uint8)
    for filtered in (median(flat, sector, 7), smooth(flat, sector, 2.5)):
        np.testing.assert_array_equal(filtered, flat)


def test_smoothing_has_the_width_of_its_sigma():
    image = np.zeros((61, 61), np.uint8)
    image[30, 30:] = 255  # a line that is profiled across
    found = smooth(image, np.ones_like(image, bool), 3.0).astype(float)
    across = found[:, 55] / found[:, 55].sum()
    width = np.sqrt((across * (np.arange(61) - 30) ** 2).sum())
    assert width == pytest.approx(3, rel=0.05)  # rounding removes the tails


def test_median_removes_a_speck_and_keeps_an_edge():
    image = np.zeros((40, 40), np.uint8)
    image[:, 20:] = 180
    speck = image.copy()
    speck[10, 5] = 255
    np.testing.assert_array_equal(median(speck, np.ones_like(image, bool), 3), image)


def test_zoom_moves_an_echo_away_from_the_middle_of_the_face():
    plan = ReconstructionPlan(PROBES["convex"](), (300, 300))
    sector = {"beta": 0.9, "alpha_l": -200.0, "alpha_u": -199.0}
    for scale in (0.8, 1.0, 1.25):
        lit = plan.render(sector | {"image_scale": scale})
        bottom = plan.z[np.flatnonzero(lit[:, 150])[-1]]
        expected = min(0.15758 * scale, plan.z[-1])
        assert bottom == pytest.approx(expected, abs=1.5 * (plan.z[1] - plan.z[0]))


def test_another_speed_of_sound_moves_depths_and_not_the_pixels(frame):
    plan = ReconstructionPlan(frame, (300, 300))
    sector = {"beta": 0.9, "alpha_l": -200.0, "alpha_u": -199.0}
    column = np.abs(plan.x).argmin()
    last = frame.depths(frame.samples.shape[1])[-1]
    for ratio in (0.95, 1.0):
        bottom = plan.z[np.flatnonzero(plan.render(sector | {"sound_speed_ratio": ratio})[:, column])[-1]]
        assert bottom == pytest.approx(ratio * last, abs=1.01 * (plan.z[1] - plan.z[0]))
    values = [1 + 0.001 * i for i in range(12)]  # more than a plan caches
    first = [plan.render(PAPER | {"sound_speed_ratio": value}) for value in values]
    again = [plan.render(PAPER | {"sound_speed_ratio": value}) for value in values]
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"beta": 0.9}, "found beta, expected beta, alpha_l, alpha_u and any of gain"),
        (PAPER | {"beta": 40.0}, "found beta 40, a gain of "),
        (PAPER | {"beta": float("nan")}, "beta nan, expected a finite number"),
        (PAPER | {"alpha_l": 55, "alpha_u": 10}, "expected alpha_l below alpha_u by at least 0.001"),
        (PAPER | {"median": 2}, "median 2, expected an odd whole number"),
        (PAPER | {"median": 33}, "median 33, expected 1 to 31 pixel"),
        (PAPER | {"gamma": 0}, "gamma 0, expected 0.1 to 10"),
        (PAPER | {"gamma": float("nan")}, "gamma nan, expected 0.1 to 10"),
        (PAPER | {"s_curve": 1.2}, "s_curve 1.2, expected -2 to 1"),
        (PAPER | {"smoothing": -1}, "smoothing -1, expected 0 to 20 pixel"),
        (PAPER | {"sound_speed_ratio": 1.5}, "sound_speed_ratio 1.5, expected 0.9 to 1.1"),
        (PAPER | {"image_scale": 0}, "image_scale 0, expected 0.25 to 4"),
        (PAPER | {"alpha_u": float("inf")}, "alpha_u inf, expected a finite number"),
        (PAPER | {"alpha_u": 10.0001}, "expected alpha_l below alpha_u by at least 0.001"),
        (
            PAPER | {"contrast": 1},
            "found beta, alpha_l, alpha_u, contrast, expected beta, alpha_l, alpha_u and any of gain",
        ),
    ],
)
def test_refuses_settings_that_are_missing_or_unknown_or_impossible(settings, expected):
    with pytest.raises(EchoShiftError, match=r"^settings: found") as caught:
        PLANS[0].render(settings)
    assert expected in str(caught.value) and "\n" not in str(caught.value)


DIGEST = """
import sys, hashlib, cv2
cv2.setNumThreads(int(sys.argv[1]))
from echoshift import ReconstructionPlan
from probes import CASES, PAPER, PROBES
for name in ("convex", "linear, steered"):
    images = ReconstructionPlan(PROBES[name](), (257, 263)).render_many([PAPER | case for case in CASES.values()])
    print(hashlib.sha256(images.tobytes()).hexdigest())
"""


def test_the_same_bytes_in_every_run_and_with_any_number_of_threads():
    found = set()
    for threads in ("1", "2"):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin", **limits}
        command = [sys.executable, "-c", DIGEST, threads]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        found.add(done.stdout)
    assert len(found) == 1 and len(found.pop().split()) == 2


def test_the_command_line_sets_any_setting_and_any_grid(tmp_path):
    PROBES["linear"]().save(tmp_path / "x.h5")
    options = ["--pixel-size", "5e-4", "--set", "median=3", "--set", "gamma=1.5", "--beta", "0.8"]
    command = [sys.executable, "-m", "echoshift", "reconstruct", "x.h5", "-o", "x.png", *options]
    subprocess.run(command, cwd=tmp_path, check=True)
    plan = ReconstructionPlan(PROBES["linear"](), pixel=5e-4)
    expected = plan.render(PAPER | {"beta": 0.8, "median": 3, "gamma": 1.5})
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "x.png")), expected)
    assert expected.shape == (320, 77)  # 159.6 mm by 38 mm


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            ("--set", "contrast=1"),
            "--set: found 'contrast=1', expected NAME=VALUE, each NAME once and one of gain, tgc_1",
        ),
        (("--set", "gamma=1", "--set", "gamma=2"), "--set: found 'gamma=2', expected NAME=VALUE, each NAME once"),
        (("--set", "gamma=x"), "--set: found 'gamma=x', expected a number after '='"),
        (("--set", "median=4"), "settings: found median 4, expected an odd whole number"),
        (("--pixel-size", "5e-4", "--shape", "9", "9"), "--pixel-size: found --shape as well, expected one of them"),
        (("--pixel-size", "0"), "pixel: found 0.0, expected metres above 0"),
        (("--pixel-size", "1e-9"), "pixel: found 1e-09 m, an image of"),
    ],
)
def test_the_command_line_refuses_in_one_line(tmp_path_factory, options, expected):
    folder = tmp_path_factory.getbasetemp() / "refused"
    if not folder.exists():
        PROBES["linear"]().save(folder / "x.h5")
    with pytest.raises(SystemExit), pytest.MonkeyPatch.context() as here, redirect_stderr(StringIO()) as said:
        here.chdir(folder)
        app(["reconstruct", "x.h5", "-o", "x.png", *options])
    assert said.getvalue().startswith("echoshift: error: ") and expected in said.getvalue()
    assert said.getvalue().count("\n") == 1 and not (folder / "x.png").exists()
