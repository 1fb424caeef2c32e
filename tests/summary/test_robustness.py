"""Robust accuracy and nearest flips, on ledgers and studies with known answers."""

import dataclasses
import shutil

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom, binomtest

from echoshift.attacks.axes import axis
from echoshift.attacks.settings import Accept, Search
from echoshift.settings import Bounds
from echoshift.statistics.intervals import wilson_interval
from echoshift.storage.tables import read_rows
from echoshift.summary.by_patient import intervals_by_patient
from echoshift.summary.robustness import WrongAnswers, known_flips, robust_accuracy, robust_frames, wrong_answers
from summary.fake_study import fake_study

NAMES = ("beta", "alpha_l", "alpha_u", "gamma")
INITIAL = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}


def search(*names, fixed=None, ssim=None):
    accept = None if ssim is None else Accept(ssim=ssim)
    axes = tuple(axis(name, Bounds(), INITIAL[name]) for name in names)
    still = {name: value for name, value in INITIAL.items() if name not in names} | (fixed or {})
    return Search(method="sign_descent", max_queries=9, axes=axes, fixed=still, accept=accept)


def wrong(source, *points, ssim=0.0):
    return WrongAnswers(source, np.array(points, dtype=float), np.zeros(len(points)), ssim)


def test_the_nearest_of_all_wrong_answers_inside_the_box():
    found = [
        wrong("walk", (1.3, 10, 55, 1), (0.9, 12, 55, 1)),
        wrong("control", (1.1, 10, 55, 1)),
        wrong("outside", (0.95, 10, 55, 1.2)),  # another gamma
        wrong("wider", (0.9, 15.1, 55, 1)),
    ]
    known = known_flips(search("beta", "alpha_l", "alpha_u"), found, NAMES)
    assert known.found_by == ("walk", "control")
    assert known.attack == "walk" and known.linf == pytest.approx(0.4) and known.l2 == pytest.approx(0.4 / np.sqrt(3))
    assert known.settings == {"beta": 0.9, "alpha_l": 12.0, "alpha_u": 55.0}


def test_a_smaller_box_knows_only_what_lies_inside_it():
    found = [wrong("walk", (1.3, 10, 55, 1)), wrong("both", (1.1, 12, 55, 1))]
    assert known_flips(search("beta"), found, NAMES).found_by == ("walk",)
    assert known_flips(search("alpha_l"), found, NAMES).found_by == ()
    shifted = search("beta", fixed={"alpha_l": 12.0})
    assert known_flips(shifted, found, NAMES).found_by == ("both",)


def test_a_box_with_a_limit_counts_only_pictures_that_are_known_to_be_similar():
    found = [wrong("walk", (1.0, 10, 55, 1)), wrong("strict", (1.3, 10, 55, 1), ssim=0.9)]
    assert known_flips(search("beta", ssim=0.8), found, NAMES).found_by == ("strict",)
    assert known_flips(search("beta", ssim=0.95), found, NAMES).found_by == ()
    assert known_flips(search("beta"), found, NAMES).found_by == ("walk", "strict")


def test_of_equally_near_flips_the_one_that_moves_less_elsewhere():
    found = [wrong("first", (1.1, 12, 55, 1)), wrong("second", (1.1, 11, 55, 1))]
    assert known_flips(search("beta", "alpha_l"), found, NAMES).attack == "second"


@pytest.mark.parametrize("case", ["nothing similar enough", "both ends denied"])
def test_a_ledger_without_a_countable_answer(study, case):
    """Its answers give an empty table of points, not an error."""
    name = study.correct["folds"][0]
    folder, record = study.folder("folds", "descent", name), study.record("folds", "descent", name)
    own, flip = study.search("descent", name), None
    with_limit = own.model_copy(update={"accept": Accept(ssim=1.0)})
    if case == "both ends denied":
        denied = {"confirmed": False}
        flip = {"final": denied if record["outcome"] == "flipped" else None, "nearest": denied}
        record = record | {"n_wrong": 3, "nearest": {"settings": record["final_settings"]}}
    else:
        record = record | {"n_wrong": 1}
        own = with_limit
        edit_flags(folder, "query_flipped", False)
    found = wrong_answers(folder, record, flip, own, NAMES[:3])
    assert [len(one.settings) for one in found][-1] == 0
    assert known_flips(with_limit, found, NAMES[:3]).found_by == ()


def edit_flags(folder, name, value):
    import zarr

    zarr.open_group(folder / "trajectory.zarr", mode="r+")[name][:] = value


def test_robust_means_right_at_the_start_and_not_flipped():
    rows = [{"frame_id": f"F{i}", "label": 1, "initial_answer": int(i < 7)} for i in range(10)]
    found = robust_accuracy(robust_frames(rows, {"F0", "F1", "F9"}))  # F9 is wrong from the start
    assert (found["n_frames"], found["n_robust"], found["robust_accuracy"]) == (10, 5, 0.5)
    assert (found["robust_low"], found["robust_high"]) == wilson_interval(5, 10)
    assert robust_accuracy([])["robust_accuracy"] is None


def test_all_attacks_together_in_one_box(study):
    records, rows = study.summarise()
    table = read_rows(study.results / "summary/robustness.csv", ())
    for record in records:
        own = [row for row in table if (row["classifier"], row["box"]) == (record["classifier"], record["box"])]
        assert record["box"] == "descent" and len(own) == 8
        robust = record["robust"]
        flipped = {row["frame_id"] for row in own if row["flipped_by"]}
        by_this = {row["frame_id"] for row in own if record["attack"] in row["flipped_by"].split()}
        n_correct = sum(row["correct"] == "1" for row in own)
        assert robust["together"]["n_robust"] == n_correct - len(flipped) == sum(row["robust"] == "1" for row in own)
        assert robust["alone"]["n_robust"] == n_correct - len(by_this)
        assert robust["on_lattice"] is None
        # A walk that ended in no flip may still have met wrong answers on its way.
        ended = {
            row["frame_id"] for row in rows if row["classifier"] == record["classifier"] and row["outcome"] == "flipped"
        }
        assert ended <= flipped
    nearest = {(row["classifier"], row["frame_id"]): row["nearest_linf"] for row in table}
    for row in rows:
        assert row["nearest_linf"] == nearest[row["classifier"], row["frame_id"]]
        if row["own_nearest_linf"]:
            assert float(row["nearest_linf"]) <= float(row["own_nearest_linf"])


def test_an_attack_on_request_counts_where_it_has_run(tmp_path):
    study = dataclasses.replace(
        fake_study(tmp_path / "results"), attacks=("descent", "control", "beta"), on_request=("control",)
    ).build()
    for name in study.correct["folds"][:2]:
        shutil.rmtree(study.folder("folds", "control", name))
    for name in study.correct["once"]:
        shutil.rmtree(study.folder("once", "control", name))
    study.edit_record("folds", "control", study.correct["folds"][2], echoshift_version="0", fold="9")
    study.write_selected()
    study.write_confirmed()
    records, rows = study.summarise()
    # Nothing is left of it for one classifier: it is not in the summary.
    runs = [(record["classifier"], record["attack"]) for record in records]
    assert ("folds", "control") in runs and ("once", "control") not in runs
    found = next(record for record in records if record["on_request"])
    assert found["n_not_run"] == 3 and found["n_correct"] == len(study.correct["folds"]) - 3
    own = {row["frame_id"]: row for row in rows if (row["classifier"], row["attack"]) == ("folds", "control")}
    assert [own[name]["outcome"] for name in study.correct["folds"][:3]] == ["not_run"] * 3
    # What it found counts for the others in its box, and its ledger is in no common store.
    together = {run: record["robust"]["together"]["n_robust"] for run, record in zip(runs, records, strict=True)}
    assert together["folds", "descent"] == together["folds", "control"]
    with xr.open_zarr(study.results / "trajectories.zarr") as store:
        assert store.attack.values.tolist() == ["descent", "beta"]


def test_attacks_and_classifiers_are_compared_on_the_same_frames(study):
    _, rows = study.summarise()
    table = {
        (row["compared"], row["within"], row["first"], row["second"]): row
        for row in read_rows(study.results / "summary/comparisons.csv", ())
    }
    assert list(table) == [
        ("flipped", "folds", "descent", "control"), ("flipped", "once", "descent", "control"),
        ("correct", "", "folds", "once"), ("robust", "", "folds", "once"),
    ]  # fmt: skip
    correct = {
        name: {row["frame_id"] for row in rows if row["classifier"] == name and row["label"] == row["initial_answer"]}
        for name in study.classifiers
    }
    found = table["correct", "", "folds", "once"]
    assert int(found["n_frames"]) == 8
    assert int(found["only_first"]) == len(correct["folds"] - correct["once"])
    assert int(found["only_second"]) == len(correct["once"] - correct["folds"])
    share = (len(correct["folds"]) - len(correct["once"])) / 8
    assert float(found["difference"]) == pytest.approx(share)
    flips = [
        {
            row["frame_id"]
            for row in rows
            if (row["classifier"], row["attack"], row["outcome"]) == ("folds", one, "flipped")
        }
        for one in study.attacks
    ]
    found = table["flipped", "folds", "descent", "control"]
    counts = [int(found[name]) for name in ("n_frames", "n_first", "n_second", "only_first", "only_second")]
    assert counts == [6, *map(len, flips), len(flips[0] - flips[1]), len(flips[1] - flips[0])]
    assert float(found["p_value"]) == binomtest(counts[3], max(1, counts[3] + counts[4])).pvalue


def test_several_frames_of_a_patient_widen_the_intervals(study):
    """Each frame twice, as two frames of one patient, is no more evidence than each once."""
    before, rows = study.summarise()
    assert all(record["intervals_by_patient"] is None for record in before)
    labelled = [
        {
            **row,
            "label": int(row["label"]),
            "initial_answer": int(row["initial_answer"]),
            "initial_logit": float(row["initial_logit"]),
        }
        for row in rows
        if (row["classifier"], row["attack"]) == ("folds", "descent")
    ]
    tried = [row for row in labelled if row["outcome"] != "not_attacked"]
    robust = {"together": [i < 3 for i in range(len(labelled))]}
    twice = intervals_by_patient(labelled * 2, tried * 2, {"together": robust["together"] * 2}, 2)
    assert set(twice) == {
        "method", "auc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "success_rate", "together",
    }  # fmt: skip
    for name, (low, high) in ((name, limits) for name, limits in twice.items() if name != "method"):
        assert 0 <= low < high <= 1, name
    # The bootstrap of one frame a patient: a binomial sample.
    low, high = binom.ppf([0.025, 0.975], 8, 3 / 8) / 8
    assert twice["together"] == pytest.approx([low, high], abs=0.13)
    assert twice["accuracy"][1] - twice["accuracy"][0] > 0.4
