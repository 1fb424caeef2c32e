"""Numbers of a cohort by hand, in words and as a figure."""

import numpy as np
import pytest

from echoshift.accidental.cohort import INTERVALS, DrawnFrame, change_of_answer, cohort_numbers
from echoshift.accidental.words import accidental_words, spread_words
from echoshift.classifiers.answers import scores_of_logits
from echoshift.figures.accidental import accidental_figure
from echoshift.figures.style import save

LOGITS = {  # the first at the initial settings
    "A": [2.0, 1.0, -1.0, 3.0, 1.0],
    "B": [0.5, 0.5, 0.5, 0.5, 0.5],
    "C": [-1.0, -2.0, 0.7, -1.0, 2.0],
    "D": [1.0, -1.0, -1.0, -1.0, 1.0],
    "E": [-3.0, 3.0, -3.0, -3.0, -3.0],
}
LABELS = {"A": 1, "B": 1, "C": 0, "D": 0, "E": None}


def frame(name, patient=None):
    logits = np.array(LOGITS[name])
    return DrawnFrame(patient or f"P{name}", LABELS[name], scores_of_logits(logits), (logits >= 0) != (logits[0] >= 0))


def test_every_number_of_a_small_example():
    found = cohort_numbers([frame(name) for name in LOGITS])
    counts = {name: found[name] for name in found if name.startswith("n_")}
    assert counts == {
        "n_frames": 5, "n_patients": 5, "n_unlabelled": 1, "n_correct": 3, "n_ever_flipped": 2, "n_never_changed": 1,
    }  # fmt: skip
    assert found["never_changed_limit"] == pytest.approx(1 - 0.05 ** (1 / 4))
    assert found["initial_accuracy"] == 3 / 4  # D is wrong
    assert found["accuracy"] == pytest.approx(np.mean([3, 4, 2, 3]) / 4)  # right draws of A, B, C, D
    assert found["initial_auc"] == pytest.approx(3 / 4)
    assert found["auc"] == pytest.approx(np.mean([4, 1.5, 4, 0.5]) / 4)  # ties count half
    assert found["ever_flipped"] == pytest.approx(2 / 3)
    assert found["probability"] == pytest.approx(np.mean([1 / 4, 0, 2 / 4, 3 / 4, 1 / 4]))
    for name in ("accuracy", "initial_accuracy", "probability", "auc"):
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
    assert "patients" in INTERVALS["cohort"] and "one-sided" in INTERVALS["frame_without_change"]


def test_undefined_numbers_are_none():
    found = cohort_numbers([frame("E"), frame("E", "other")])
    for name in ("accuracy", "initial_auc", "auc", "ever_flipped"):
        assert found[name] is found[f"{name}_low"] is None
    assert found["probability"] == 0.25 and found["probability_low"] is None  # nothing varies
    alone = cohort_numbers([frame("A"), frame("C", "PA")])
    assert alone["auc"] is not None and alone["auc_low"] is None  # one patient


def test_the_auc_of_three_classes_is_the_mean_over_the_classes():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(9, 5, 3))
    scores[np.arange(9), :, np.arange(9) % 3] += 100
    found = cohort_numbers([DrawnFrame(f"P{i}", i % 3, scores[i], np.zeros(5, dtype=bool)) for i in range(9)])
    assert found["auc"] == found["accuracy"] == 1.0 and found["ever_flipped"] == 0.0


def record(name="quarter", distribution=None, classifier="folds"):
    return {
        "classifier": classifier, "protocol": "cross_validation", "spread": name, "n_draws": 4, "n_known": 0,
        "distribution": distribution or {"uniform": 0.25}, **cohort_numbers([frame(name) for name in LOGITS]),
    }  # fmt: skip


def test_one_line_says_it():
    line = accidental_words(record() | {"probability": 0.031, "probability_low": 0.012, "probability_high": 0.05})
    assert line == (
        "Accidental change (up to 25 % of the way to the bounds) of folds: the answer changes with probability "
        "3.1 % [1.2, 5.0] (by patient); 2 of 3 correct frames ever flipped; 1 of 5 frames never changed in 4 draws: "
        "at most 52.7 % each (one-sided)"
    )
    assert spread_words({"normal": {"beta": 0.05, "gamma": 0.2}}) == "normal, β ± 0.05 dB/(cm MHz), γ ± 0.2"
    undefined = dict.fromkeys(("probability_low", "probability_high"))
    assert "probability 35.0 % (by patient)" in accidental_words(record() | undefined)


def rows(records):
    found = []
    for one in records:
        for name, logits in LOGITS.items():
            answers = np.array(logits) >= 0
            n_changed = int((answers != answers[0]).sum())
            row = {"frame_id": name, "label": LABELS[name], "initial_answer": int(answers[0]), "known": ""}
            row |= {"classifier": one["classifier"], "spread": one["spread"], "changed": n_changed}
            row |= change_of_answer(n_changed, 4)
            found.append({key: "" if value is None else str(value) for key, value in row.items()})
    return found


NORMAL = {"normal": {"beta": 0.05, "alpha_l": 1.0, "alpha_u": 1.0}}


@pytest.mark.parametrize(
    "records",
    [
        [record()],
        [record("tenth", {"uniform": 0.1}), record(), record("knobs", NORMAL)],
        [record(), record("knobs", NORMAL), record(classifier="once"), record("knobs", NORMAL, "once")],
        [record() | dict.fromkeys(("accuracy", "auc", "initial_accuracy", "initial_auc", "ever_flipped"))],
    ],
)
def test_the_figure_has_a_panel_of_the_cohort_and_one_of_each_spread(records, tmp_path):
    figure = accidental_figure({"cohort": "simulated RF frames", "results": records}, rows(records))
    classifiers = {one["classifier"] for one in records}
    assert len(figure.axes) == len(records) + len(classifiers)
    save(figure, tmp_path / "figure.png", {})
    boxes = [axes.title.get_window_extent() for axes in figure.axes]
    boxes += [part._suptitle.get_window_extent() for part in (figure, *figure.subfigs)]
    boxes += [axes.get_legend().get_window_extent() for axes in figure.axes if axes.get_legend()]
    for i, one in enumerate(boxes):
        assert one.x0 >= -1 and one.y0 >= -1 and one.x1 <= figure.bbox.x1 + 1 and one.y1 <= figure.bbox.y1 + 1
        assert not any(one.overlaps(other) for other in boxes[i + 1 :])
