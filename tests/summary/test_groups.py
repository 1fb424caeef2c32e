"""Results by group: the words of a column, and the fat grade of simulated frames."""

import json

import pytest
from sklearn.metrics import roc_auc_score

from echoshift.phantom.fat_grade import fat_grade
from echoshift.phantom.patient import draw_patient
from echoshift.statistics.intervals import auc_interval, wilson_interval
from echoshift.storage.tables import read_rows
from summary.fake_study import edited


def groups_of(study, group_by, groups=None):
    with edited(study.study) as facts:
        facts.update(group_by=group_by, groups=groups or {})
    study.summarise()
    return read_rows(study.results / "summary/groups.csv", ("classifier", "group", "label", "n_frames", "recall"))


def test_every_number_is_that_of_the_rows_of_its_group(study):
    words = dict(zip(study.labels, ["old", "new", "", "new", "old", "new", "old", "old", "new"], strict=False))
    found = groups_of(study, "note_scanner", {name: word for name, word in words.items() if word})
    robustness = read_rows(study.results / "summary/robustness.csv", ())
    expected = {}
    for row in robustness:
        if row["label"]:
            key = row["classifier"], row["box"], words.get(row["frame_id"], ""), row["label"]
            counts = expected.setdefault(key, [0, 0, 0])
            expected[key] = [counts[0] + 1, counts[1] + int(row["correct"]), counts[2] + int(row["robust"])]
    keys = ("classifier", "box", "group", "label")
    counts = ("n_frames", "n_correct", "n_robust")
    of_class = [row for row in found if row["label"]]
    assert {tuple(row[key] for key in keys): [int(row[name]) for name in counts] for row in of_class} == expected
    assert {row["group"] for row in of_class} == {"", "old", "new"} and len(of_class) > 6
    for row in of_class:
        low, high = wilson_interval(int(row["n_correct"]), int(row["n_frames"]))
        assert (float(row["recall_low"]), float(row["recall_high"])) == (low, high)
        assert row["group_by"] == "note_scanner" and float(row["recall"]) == int(row["n_correct"]) / int(
            row["n_frames"]
        )


def test_a_group_of_both_classes_has_accuracy_and_auc(study):
    """From the scores in the predictions, by scikit-learn; the other numbers are sums over the classes."""
    words = {name: "old" if i < 5 else "new" for i, name in enumerate(study.labels)}
    found = groups_of(study, "scanner", words)
    whole = [row for row in found if not row["label"]]
    assert {row["group"] for row in whole} == {"old", "new"}
    aucs = set()
    for row in whole:
        parts = [
            one for one in found if one["label"] and all(one[key] == row[key] for key in ("classifier", "box", "group"))
        ]
        for name in ("n_frames", "n_correct", "n_robust"):
            assert int(row[name]) == sum(int(part[name]) for part in parts)
        n_frames, n_correct = int(row["n_frames"]), int(row["n_correct"])
        assert float(row["accuracy"]) == n_correct / n_frames and row["recall"] == ""
        assert (float(row["accuracy_low"]), float(row["accuracy_high"])) == wilson_interval(n_correct, n_frames)
        judged = read_rows(study.results / f"classifiers/{row['classifier']}/predictions.csv", ("frame_id", "logit"))
        own = [one for one in judged if one["label"] and words[one["frame_id"]] == row["group"]]
        truth = [int(one["label"]) for one in own]
        assert float(row["auc"]) == pytest.approx(roc_auc_score(truth, [float(one["logit"]) for one in own]))
        low, high = auc_interval(float(row["auc"]), sum(truth), len(truth) - sum(truth))
        assert (float(row["auc_low"]), float(row["auc_high"])) == (low, high)
        aucs.add(row["auc"])
    assert len(aucs) > 1
    assert {row["auc"] + row["accuracy"] for row in found if row["label"]} == {""}


def test_the_grades_are_those_of_the_simulated_livers(study):
    found = groups_of(study, "fat_grade")
    drawn = {
        name: draw_patient(name, label, 7).fat_fraction for name, label in study.labels.items() if label is not None
    }
    for row in found:
        limits = {"S0": (0, 5), "S1": (5, 17.4), "S2": (17.4, 22.1), "S3": (22.1, 100)}[row["group"]]
        own = [name for name, fat in drawn.items() if limits[0] < fat <= limits[1]]
        assert int(row["n_frames"]) == len(own) and {study.labels[name] for name in own} == {int(row["label"])}


def test_without_groups_the_table_is_empty(study):
    study.summarise()
    assert read_rows(study.results / "summary/groups.csv", ("group",)) == []
    assert "group_by" not in json.loads(study.study.read_text())


@pytest.mark.parametrize("limits", [(), (17.4,)])
def test_grades_follow_the_labels(limits):
    """Healthy livers have none, and with the limit of moderate steatosis label 1 is exactly the grade S1."""
    grades = {label: {fat_grade(f"R{i}", label, 3, limits) for i in range(200)} for label in range(len(limits) + 2)}
    assert grades[0] == {"S0"}
    if limits:
        assert grades[1] == {"S1"} and grades[2] == {"S2", "S3"}
    else:
        assert grades[1] == {"S1", "S2", "S3"}
