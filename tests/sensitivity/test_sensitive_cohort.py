"""Numbers of a cohort by hand, slices at common values, and the figure."""

import numpy as np
import pytest

from echoshift.classifiers.answers import scores_of_logits
from echoshift.figures.sensitivity import sensitivity_figure
from echoshift.figures.style import save
from echoshift.sensitivity.cohort import SensitiveFrame, at_common_values, classes_analysed, index_numbers, quantiles
from echoshift.sensitivity.slices import Slice, names_of_slices, values_between
from echoshift.settings import PAPER, SETTINGS
from echoshift.summary.sensitivity_results import _rows_of_cohort


def frame(patient, label, first, total, slices=(), n_classes=2):
    indices = [np.tile(np.array(one, dtype=float), (n_classes, 1)) for one in (first, total)]
    return SensitiveFrame(patient, label, label or 0, *indices, slices)


COHORT = [
    frame("A", 0, [0.2, 0.0], [0.4, 0.1]),
    frame("A", 1, [0.6, 0.2], [0.8, 0.3]),
    frame("B", 1, [0.4, 0.1], [0.6, 0.2]),
    frame("C", None, [np.nan, np.nan], [np.nan, np.nan]),
]


def test_means_and_counts_with_intervals_by_patient():
    found = index_numbers(COHORT, 1, 0)
    assert found["first"] == pytest.approx(0.4) and found["total"] == pytest.approx(0.6)
    assert (found["n_frames"], found["n_patients"], found["n_undefined"]) == (3, 2, 1)
    alone = index_numbers(COHORT[:1], 1, 1)
    assert alone["first"] == 0.0 and alone["first_low"] is alone["first_high"] is None
    apart = index_numbers(COHORT[1:3], 1, 0)
    assert apart["total_low"] == pytest.approx(0.6) and apart["total_high"] == pytest.approx(0.8)
    none = index_numbers(COHORT[3:], 1, 0)
    assert none["first"] is none["total_high"] is None and none["n_undefined"] == 1


def test_rows_are_of_one_of_two_classes_and_of_each_of_more():
    rows = list(_rows_of_cohort(COHORT, ["beta", "gamma"], ["healthy", "fatty"]))
    assert [(row["class"], row["true_class"], row["setting"]) for row in rows[::2]] == [
        ("fatty", None, "beta"), ("fatty", "healthy", "beta"), ("fatty", "fatty", "beta"),
    ]  # fmt: skip
    assert [row["n_frames"] for row in rows[::2]] == [3, 1, 2]
    assert list(classes_analysed(2)) == [1] and list(classes_analysed(3)) == [0, 1, 2]


def sweep(low, high, n, formula=lambda value: value):
    values = np.linspace(low, high, n)
    return Slice(("alpha_l",), (values,), scores_of_logits(formula(values)))


def test_slices_are_compared_at_common_values_inside_each_frames_bounds():
    same = [frame("A", 1, [0], [0], [sweep(5, 15, 11)]), frame("B", 0, [0], [0], [sweep(5, 15, 11, np.cos)])]
    (values,), found = at_common_values(same, ("alpha_l",))
    np.testing.assert_array_equal(found, [values, -np.cos(values)])  # margins
    np.testing.assert_array_equal(at_common_values(same, ("alpha_l",), True)[1][1], np.cos(values))
    (values,), found = at_common_values([same[0], frame("C", 1, [0], [0], [sweep(7, 17, 6)])], ("alpha_l",))
    assert values[[0, -1]].tolist() == [5, 17] and len(values) == 11
    np.testing.assert_allclose(found[0][values <= 15], values[values <= 15])
    assert np.isnan(found[0][values > 15]).all() and np.isnan(found[1][values < 7]).all()
    apart = np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    np.testing.assert_array_equal(quantiles(apart, [0.5]), [[2.0, 4.0, np.nan]])


def slices(names, own, n_classes, shift):
    found = []
    for some in names_of_slices(names):
        values = tuple(
            values_between(SETTINGS[name].kind, SETTINGS[name].low, SETTINGS[name].high - shift * (name == own), 6)
            for name in some
        )
        place = sum(np.meshgrid(*(np.linspace(0, 1 + shift, len(one)) for one in values), indexing="ij"))
        found.append(Slice(some, values, np.stack([place * k - 0.6 * k * k for k in range(n_classes)], axis=-1)))
    return found


ALL = ("beta", "alpha_l", "alpha_u", "gamma", "s_curve", "smoothing", "median", "image_scale")


@pytest.mark.parametrize(
    ("settings", "classes", "labels"),
    [
        (PAPER, ("healthy", "fatty"), (0, 1, 1, None)),
        (("beta",), ("healthy", "fatty"), (None, None)),
        (("alpha_l", "median"), ("healthy", "mild", "severe"), (0, 1, 2, 2)),
        (ALL, ("healthy", "fatty"), (0, 1)),
    ],
)
@pytest.mark.parametrize("undefined", [False, True])
def test_the_figure(settings, classes, labels, undefined, tmp_path):
    values = np.full(len(settings), np.nan) if undefined else np.linspace(0.9, 0.0, len(settings))
    frames = [
        frame(f"P{i}", label, values / 2, values, slices(settings, settings[0], len(classes), 0.1 * i), len(classes))
        for i, label in enumerate(labels)
    ]
    results = [
        {"classifier": "folds", "protocol": "cross_validation", **row}
        for row in _rows_of_cohort(frames, settings, classes)
    ]
    figure = sensitivity_figure(
        {"cohort": "simulated RF frames", "classes": classes, "results": results}, {"folds": frames}
    )
    of_classes, n_maps = max(1, len(classes) * (len(classes) > 2)), {1: 0, 2: 1, 3: 3}.get(len(settings), 6)
    assert len(figure.axes) == of_classes + min(len(settings), 6) + n_maps + bool(n_maps)  # with one colour bar
    save(figure, tmp_path / "figure.png", {})
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
