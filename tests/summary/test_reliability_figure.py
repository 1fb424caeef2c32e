"""Reliability in the summary and its figure: what is drawn is what the evaluation has."""

import pytest

from echoshift.figures.reliability import reliability_figure
from echoshift.statistics.intervals import wilson_interval
from echoshift.storage.files import read_json
from echoshift.storage.tables import read_rows


def words(figure):
    return "\n".join(text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text")))


@pytest.fixture
def record(study):
    return study.summarise()[0][0]


@pytest.fixture
def points(study):
    return read_rows(study.results / "classifiers/folds/reliability.csv", ("mean_probability", "share"))


def test_a_record_has_the_evaluations_numbers(study, record):
    evaluation = read_json(study.results / "classifiers/folds/evaluation.json")
    for name in ("sensitivity", "sensitivity_low", "specificity", "specificity_high", "calibration", "cutoffs"):
        assert record[name] == evaluation[name]
    negative, positive = record["per_class"]
    assert record["sensitivity"] == positive["n_correct"] / positive["n_frames"]
    low, high = wilson_interval(negative["n_correct"], negative["n_frames"])
    assert (record["specificity_low"], record["specificity_high"]) == (low, high)


def test_every_point_is_drawn_with_its_interval(record, points):
    figure = reliability_figure([record], {"folds": points})
    (axes,) = figure.axes
    curve = axes.lines[-1]
    assert list(curve.get_xdata()) == [float(row["mean_probability"]) for row in points] and len(points) > 2
    assert list(curve.get_ydata()) == [float(row["share"]) for row in points]
    drawn = [segment[:, 1].tolist() for segment in axes.collections[0].get_segments()]
    assert drawn == [[float(row["share_low"]), float(row["share_high"])] for row in points]
    shown = words(figure)
    assert f"Brier score {record['calibration']['brier']:.2f} [" in shown and "probability of bright" in shown
    assert f"sensitivity {record['sensitivity']:.2f} [" in shown and "cut-off 0.50" in shown
    moved = {"0": {"probability": 0.3}, "1": {"probability": 0.62}, "2": {"probability": 0.4}}
    assert "cut-off 0.30 to 0.62" in words(reliability_figure([record | {"cutoffs": moved}], {"folds": points}))


def test_without_probabilities_or_labels_it_says_so(record):
    without = record | {"calibration": None, "cutoffs": {"all": None}}
    assert "it gives no probabilities" in words(reliability_figure([without], {"folds": []}))
    unlabelled = without | {"n_unlabelled": record["n_frames"], "sensitivity": None, "specificity": None}
    shown = words(reliability_figure([unlabelled], {"folds": []}))
    assert (
        "no frame has a label" in shown
        and "cut-off" not in shown
        and "sensitivity undefined" in shown
        and "Brier" not in shown
    )
