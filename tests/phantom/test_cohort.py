"""The simulated cohorts: classes, determinism, exposure and their sheets."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from echoshift.errors import EchoShiftError
from echoshift.frame import RFFrame
from echoshift.phantom.patient import STEATOSIS, draw_patient
from echoshift.phantom.simulate import simulate_frame, simulate_image
from echoshift.phantom.tissues import PATIENT, TISSUES
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from probes import PAPER

SMALL = {"lines": 64, "samples": 1700}
SHEETS = Path(__file__).parents[2] / "resources" / "simulated"


def patch_level(frame, name: str) -> float:
    """Mean level of the envelope power in a region of a frame, in dB, on the polar grid (no window, no clipping)."""
    x, z = frame.regions[name].T
    line, depth = frame.geometry.locate(z, x)
    steps = slice(*np.searchsorted(frame.depths(frame.samples.shape[1]), [depth.min(), depth.max()]))
    lines = slice(max(int(np.ceil(line.min())), 0), int(line.max()) + 1)
    return float(10 * np.log10((envelope(frame).envelope[lines, steps] ** 2).mean()))


def median_fat(label: int) -> float:
    value = {name: number.value for name, number in PATIENT.items()}
    if label == 0:
        return (value["healthy_fat_low"] + value["healthy_fat_high"]) / 2
    return value["fatty_fat_start"] + stats.gamma.median(value["fatty_fat_shape"], scale=value["fatty_fat_scale"])


@pytest.fixture(scope="module")
def frames() -> dict[int, list]:
    return {label: [simulate_frame(f"T{i:03d}", label, 5, **SMALL) for i in range(24)] for label in (0, 1)}


def test_limits_divide_the_fatty_livers_and_change_nobody_else():
    limits = (12.0, 17.4)
    bounds = ((0, STEATOSIS), (STEATOSIS, 12), (12, 17.4), (17.4, 46))
    for label, (low, high) in enumerate(bounds):
        fats = [draw_patient(f"T{i}", label, 3, limits).fat_fraction for i in range(200)]
        assert low < min(fats) and max(fats) < high
    everybody = [draw_patient(f"T{i}", 1, 3) for i in range(200)]
    for one in everybody:
        same = draw_patient(one.identity, 1, 3, limits)
        if one.fat_fraction < 12:  # the first draw is kept, and with it everything else
            assert same.fat_fraction == one.fat_fraction and same.sizes == one.sizes and same.level == one.level
    with pytest.raises(EchoShiftError, match=r"label: found 4, expected 0 \(healthy\) or 1 to 3 \(fatty\)"):
        draw_patient("T0", 4, 3, limits)


@pytest.mark.parametrize("limits", [(30.0, 10.0), (5.0,), (50.0,), (20.0, 20.5), (float("nan"),)])
def test_limits_without_patients_between_them_are_refused(limits):
    with pytest.raises(EchoShiftError, match="expected ascending fat fractions from 6 to 44 %, at least 1 % apart"):
        draw_patient("T0", 1, 1, limits)


def test_class_medians_of_liver_against_cortex_follow_the_table(frames):
    medians = {}
    for label, group in frames.items():
        medians[label] = np.median([patch_level(frame, "liver") - patch_level(frame, "cortex") for frame in group])
        expected = TISSUES["liver"].level + PATIENT["level_per_fat"].value * median_fat(label)
        assert abs(medians[label] - expected) < 1.2, label
    rise = PATIENT["level_per_fat"].value * (median_fat(1) - median_fat(0))
    assert abs(medians[1] - medians[0] - rise) < 1.2


def test_patches_lie_at_the_same_depth_inside_the_sector(frames):
    for frame in frames[0] + frames[1]:
        spans = {}
        for name, polygon in frame.regions.items():
            x, z = polygon[:, 0], polygon[:, 1] + frame.geometry.apex_radius
            depth, angle = np.hypot(x, z) - frame.geometry.apex_radius, np.arctan2(x, z)
            assert np.abs(angle).max() <= frame.geometry.angles[-1] + 1e-3
            spans[name] = (depth.min(), depth.max())
        assert spans["liver"] == pytest.approx(spans["cortex"], abs=1e-9)
        assert 0.02 < spans["cortex"][0] < 0.14


def test_labels_follow_the_fat_fraction():
    for label in (0, 1):
        drawn = [draw_patient(f"P{i}", label, 2) for i in range(300)]
        assert all((patient.fat_fraction > STEATOSIS) == bool(label) for patient in drawn)
        assert np.median([patient.fat_fraction for patient in drawn]) == pytest.approx(median_fat(label), rel=0.12)


def test_the_classes_overlap_as_published():
    """The best linear rule on the patients' true attenuation and backscatter is good but not perfect."""
    drawn = [draw_patient(f"P{i}", label, 3) for i in range(400) for label in (0, 1)]
    truth = np.array([[patient.attenuation, patient.level] for patient in drawn])
    labels = np.array([patient.label for patient in drawn])
    spread = np.mean([np.cov(truth[labels == label].T) for label in (0, 1)], axis=0)
    rule = truth @ np.linalg.solve(spread, truth[labels == 1].mean(axis=0) - truth[labels == 0].mean(axis=0))
    area = stats.mannwhitneyu(rule[labels == 1], rule[labels == 0]).statistic / (400 * 400)
    assert 0.84 < area < 0.96


def test_a_patient_depends_on_seed_id_and_label_alone():
    first = simulate_frame("A", 1, 7, **SMALL)
    simulate_frame("B", 0, 7, **SMALL)
    again = simulate_frame("A", 1, 7, **SMALL)
    assert first.samples.tobytes() == again.samples.tobytes()
    assert dict(first.metadata) == dict(again.metadata)
    for other in (("A", 1, 8), ("A", 0, 7), ("C", 1, 7)):
        assert simulate_frame(*other, **SMALL).samples.tobytes() != first.samples.tobytes()
        assert draw_patient(*other).sizes != draw_patient("A", 1, 7).sizes


def test_files_have_the_same_bytes(tmp_path):
    from echoshift.cli.simulate import Kind, simulate

    for kind, suffix in ((Kind.frame, ".h5"), (Kind.image, ".png")):
        paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
        for path in paths:
            simulate(kind, id="A", label=1, output=path, seed=7, **SMALL)
        assert paths[0].read_bytes() == paths[1].read_bytes()
    assert b'"simulated": true' in paths[0].read_bytes()
    with pytest.raises(EchoShiftError, match=r"--output: found 'a\.h5', expected a name ending in \.png"):
        simulate(Kind.image, id="A", label=1, output=tmp_path / "a.h5", seed=7, **SMALL)


def test_frames_say_that_they_are_simulated_and_survive_the_file(tmp_path):
    frame = simulate_frame("A", 1, 7, **SMALL)
    frame.save(tmp_path / "a.h5")
    read = RFFrame.open(tmp_path / "a.h5")
    assert read.samples.dtype == np.float32
    assert read.metadata["simulated"] is True
    assert read.metadata["fat_fraction"] > STEATOSIS
    assert set(read.regions) == {"liver", "cortex"}


def test_exposure_at_the_initial_settings(frames):
    for frame in [*frames[0][:6], *frames[1][:6]]:
        plan = ReconstructionPlan(frame, (256, 256))
        pixels = plan.render(PAPER)[plan.sector]
        assert (pixels == 0).mean() < 0.2
        assert (pixels == 255).mean() < 0.2
        assert 55 < pixels.mean() < 180


def test_images_of_the_other_scanner():
    image = simulate_image("A", 1, 7, **SMALL)
    assert image.dtype == np.uint8 and image.shape == (512, 512)
    assert np.array_equal(image, simulate_image("A", 1, 7, **SMALL))
    sector = image[60:300, 200:312]
    assert 30 < sector.mean() < 170
    assert (image == 255).mean() < 0.05


@pytest.mark.parametrize(
    ("identity", "label", "found"), [("A", 2, "label: found 2"), ("", 1, "id: found an empty text")]
)
def test_bad_patients_are_refused(identity, label, found):
    with pytest.raises(EchoShiftError, match=found):
        draw_patient(identity, label, 1)


def test_the_sheets_of_the_default_study():
    sheets = {}
    for name, key, rows, fatty in (("frames", "frame_id", 33, 21), ("images", "image_id", 178, 116)):
        with (SHEETS / f"{name}.csv").open(newline="") as file:
            sheets[name] = list(csv.DictReader(file))
        assert len(sheets[name]) == len({row[key] for row in sheets[name]}) == rows
        assert len({row["patient_id"] for row in sheets[name]}) == rows
        assert sum(int(row["label"]) for row in sheets[name]) == fatty
        assert all(row["path"].startswith(f"simulated/{name}/{row[key]}.") for row in sheets[name])
    patients = [{row["patient_id"] for row in rows} for rows in sheets.values()]
    assert not patients[0] & patients[1]
