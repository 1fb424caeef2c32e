"""Classifiers compared on fabricated studies: by hand, with independent packages, and where nothing differs."""

import json
import shutil

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from comparison.fabricated_study import fabricate, finish
from echoshift.comparison.comparing import compare_studies
from echoshift.comparison.finished_study import read_finished_study
from echoshift.comparison.numbers import BOOTSTRAP, EXACT, NUMBERS, PARTS, WILSON, weighted_median
from echoshift.comparison.words import markdown
from echoshift.errors import EchoShiftWarning
from echoshift.figures.comparison import comparison_figure
from echoshift.statistics.exchange import METHOD as EXCHANGE
from echoshift.statistics.intervals import wilson_interval

LABELS = [0, 1] * 10
LOGITS = [-1.0, 1.0] * 8 + [1.0, 1.0, -1.0, -1.0]  # 18 of 20 right
RIGHT = [True] * 16 + [False, True, True, False]


def flips(*indices):
    return [i in indices for i in range(20)]


def compared(*studies, baseline="plain", **chosen):
    """Rows by classifier, and what is said about them."""
    found = compare_studies(studies, baseline, chosen)
    return {row["classifier"]: row for row in found.rows}, found.about


@pytest.fixture
def study(tmp_path):
    """The baseline loses 8 of its 18 right frames; `better` 1 of these, and another one; `same` is the baseline again."""
    drawn = [[logit, logit, -logit, logit] for logit in LOGITS]
    plain = {
        "logit": LOGITS,
        "strongest": flips(*range(8)),
        "walk": flips(0, 1, 2),
        "lattice": flips(*range(9)),
        "nearest": [0.1 * (i + 1) if i < 8 else None for i in range(20)],
        "drawn": drawn,
    }
    better = {
        **plain,
        "logit": [*LOGITS[:16], -1.0, *LOGITS[17:]],
        "strongest": flips(0, 10),
        "walk": flips(0),
        "nearest": [0.9 if i in (0, 10) else None for i in range(20)],
    }
    del better["lattice"]
    classifiers = {"better": better, "plain": plain, "same": dict(plain)}
    return fabricate(tmp_path / "one", classifiers, LABELS, lattice=["plain", "same"])


def test_rates_are_counted(study):
    rows, about = compared(study)
    plain, better = rows["plain"], rows["better"]
    assert list(rows) == ["plain", "better", "same"]
    assert (plain["n_frames"], plain["n_right"], plain["n_robust"], plain["n_walked"]) == (20, 18, 10, 18)
    assert (plain["accuracy"], plain["robust_accuracy"], plain["robust_on_lattice"]) == (18 / 20, 10 / 20, 9 / 20)
    assert (better["accuracy"], better["robust_accuracy"], better["robust_on_lattice"]) == (19 / 20, 17 / 20, None)
    assert (plain["robust_accuracy_low"], plain["robust_accuracy_high"]) == wilson_interval(10, 20)
    assert (plain["walk_success"], better["walk_success"]) == (3 / 18, 1 / 19)  # of the frames that it walked from
    assert (plain["walk_success_low"], plain["walk_success_high"]) == wilson_interval(3, 18)
    assert (plain["n_flipped_on_lattice"], plain["n_of_these_found"]) == (9, 8)
    assert (plain["n_nearest"], plain["median_nearest"]) == (8, pytest.approx(0.45))
    assert better["median_nearest_difference"] == pytest.approx(0.45)
    assert (about["n_frames"], about["n_patients"], about["n_compared"]) == (20, 20, 2)
    assert about["roles"] == {
        "robust_against": "strongest", "walk": "walk", "nearest": "nearest", "lattice": "lattice", "spread": "near",
    }  # fmt: skip


def test_the_p_values_are_mcnemars_corrected_for_both_comparisons(study):
    """Of robust frames 8 are only `better`'s (1 to 7 and 16) and one only the baseline's (10): 2 (1 + 9) / 2^9."""
    rows, about = compared(study)
    better, same = rows["better"], rows["same"]
    assert better["robust_accuracy_p"] == pytest.approx(20 / 512)
    assert better["robust_accuracy_p_holm"] == pytest.approx(2 * 20 / 512)
    assert (same["robust_accuracy_p"], same["robust_accuracy_p_holm"]) == (1, 1)
    assert better["robust_accuracy_difference"] == pytest.approx(7 / 20)
    assert better["accuracy_p"] == 1  # one discordant frame
    assert about["methods"]["robust_accuracy"] == {"interval": WILSON, "difference": f"paired {BOOTSTRAP}", "p": EXACT}
    assert about["methods"]["walk_success"]["p"] == EXCHANGE and about["methods"]["auc"]["p"] == f"paired {BOOTSTRAP}"
    # Of 18 frames the walk flips 3 and 1: two more of the baseline's alone say nothing.
    assert better["walk_success_p"] > 0.2 and better["median_nearest_p"] > 0.05


def test_the_same_classifier_again_shows_no_difference(study):
    rows, _ = compared(study)
    for number in NUMBERS:
        same, plain = ({part: rows[name][f"{number.name}{part}"] for part in PARTS} for name in ("same", "plain"))
        assert [same[part] for part in PARTS[:3]] == [plain[part] for part in PARTS[:3]]
        assert [same[part] for part in PARTS[3:]] == [0, None, None, 1, 1], number
        assert [plain[part] for part in PARTS[3:]] == [None] * 5


def test_a_missing_number_is_compared_with_nothing_and_does_not_count_for_holm(study):
    rows, _ = compared(study)
    assert rows["better"]["robust_on_lattice_p"] is None
    assert rows["same"]["robust_on_lattice_p_holm"] == 1
    rows, _ = compared(study, baseline="better")
    assert rows["plain"]["robust_on_lattice"] == 9 / 20 and rows["plain"]["robust_on_lattice_difference"] is None
    assert rows["plain"]["robust_accuracy_difference"] == pytest.approx(-7 / 20)


def test_an_attack_on_request_that_has_run_on_some_frames_has_no_number(study):
    table = study / "summary/frames.csv"
    table.write_text(table.read_text().replace("plain,walk,F5,exhausted", "plain,walk,F5,not_run"))
    rows, _ = compared(study)
    assert rows["plain"]["walk_success"] is None and rows["better"]["walk_success"] == 1 / 19
    assert rows["better"]["walk_success_difference"] is None


def test_frames_that_no_setting_reaches_are_told(tmp_path):
    """They are robust if right, and count in no rate of the walk."""
    said = {"logit": LOGITS, "strongest": flips(0), "walk": flips(0)}
    blind = {"logit": LOGITS, "walk": flips(), "ends": "unreachable"}
    found = compare_studies([fabricate(tmp_path / "lines", {"plain": said, "lines": blind}, LABELS)], "plain", {})
    plain, lines = found.rows
    assert (plain["n_unreachable"], lines["n_unreachable"], lines["n_robust"]) == (0, 18, 18)
    assert plain["walk_success"] == 1 / 18 and lines["n_walked"] == 0
    assert lines["walk_success"] is lines["walk_success_difference"] is lines["walk_success_p_holm"] is None
    assert "so their frames count as robust if right: lines 18 frames" in markdown(found.rows, found.about)
    (axes,) = comparison_figure(found.rows, found.about).axes
    assert axes.get_legend().get_texts()[0].get_text() == "lines\n(no setting reaches it)"


def test_under_accidental_change_a_wrong_answer_may_become_right(study):
    """One draw of four turns each answer: 18 frames are right in three of four, 2 in one."""
    assert compared(study)[0]["plain"]["accidental_accuracy"] == pytest.approx((18 * 3 / 4 + 2 / 4) / 20)


def test_the_auc_of_several_studies_is_the_mean_of_theirs(tmp_path):
    """Each study ranks perfectly, with a threshold of its own: together their scores would rank worse."""
    rng, labels = np.random.default_rng(0), np.array([0, 1] * 10)
    studies, areas = [], []
    for shift in (-3.0, 0.0, 4.0):
        scores = shift + labels + rng.normal(0, 0.8, 20)
        areas.append(roc_auc_score(labels, scores))
        own = {"plain": {"logit": scores.tolist()}, "other": {"logit": scores[::-1].tolist()}}
        studies.append(fabricate(tmp_path / f"shifted{shift}", own, labels.tolist()))
    rows, about = compared(*studies)
    assert rows["plain"]["auc"] == pytest.approx(np.mean(areas)) and rows["plain"]["n_frames"] == 60
    assert rows["plain"]["auc_low"] < np.mean(areas) < rows["plain"]["auc_high"]
    assert about["n_patients"] == 60  # P0 of each study is another patient
    assert [one["n_frames"] for one in about["studies"]] == [20, 20, 20]


def test_patients_are_drawn_within_their_study(tmp_path):
    """All frames of one study are right and none of the other: every resample has the same accuracy."""
    drawn = {"drawn": [[1.0]] * 20}
    one = fabricate(tmp_path / "right", {name: {"logit": [1.0] * 20, **drawn} for name in ("plain", "b")}, [1] * 20)
    two = fabricate(tmp_path / "wrong", {name: {"logit": [1.0] * 20, **drawn} for name in ("plain", "b")}, [0] * 20)
    row = compared(one, two)[0]["plain"]
    assert (row["accidental_accuracy"], row["accidental_accuracy_low"]) == (0.5, None)
    assert row["auc"] is None  # neither study has both classes


def test_several_frames_of_a_patient_are_no_independent_ones(tmp_path):
    """Each frame four times: the same intervals and p-values as once, which take patients as independent."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 30)
    logits = {
        name: np.where(rng.random(30) < share, 1, -1) * (2 * labels - 1.0)
        for name, share in (("plain", 0.5), ("b", 0.8))
    }
    patients = [f"P{i:02}" for i in range(30)]
    found = []
    for times in (2, 8):
        own = {name: {"logit": np.repeat(values, times).tolist()} for name, values in logits.items()}
        study = fabricate(
            tmp_path / str(times), own, np.repeat(labels, times).tolist(), np.repeat(patients, times).tolist()
        )
        rows, about = compared(study)
        found.append([rows["b"][f"accuracy{part}"] for part in PARTS])
        assert about["methods"]["accuracy"]["p"] == EXCHANGE
        assert about["methods"]["accuracy"]["interval"] == BOOTSTRAP
    assert found[0] == pytest.approx(found[1]) and found[0][-1] < 0.2


def test_frames_without_a_label_or_of_a_known_patient_are_left_out(tmp_path):
    labels = [0, 1, None, 1, 0]
    own = {name: {"logit": [-1.0, 1.0, 1.0, -1.0, -1.0]} for name in ("plain", "other")}
    rows, about = compared(fabricate(tmp_path / "some", own, labels, known=[4]))
    assert rows["plain"]["n_frames"] == 3 and rows["plain"]["accuracy"] == pytest.approx(2 / 3)
    assert about["studies"][0]["n_left_out"] == 2


def test_the_seconds_are_those_of_a_model_and_of_its_features(study):
    plain = compared(study)[0]["plain"]
    assert plain["seconds_to_train"] == 5 + 20.5 and plain["milliseconds_an_image"] is None
    shutil.rmtree(study / "benchmarks/train/plain")
    assert compared(study)[0]["plain"]["seconds_to_train"] is None


def test_a_classifier_whose_model_is_gone_is_not_timed(tmp_path):
    own = {name: {"logit": [-1.0, 1.0]} for name in ("plain", "other")}
    with pytest.warns(EchoShiftWarning, match="classifier plain: found none to time .* found no model"):
        rows, _ = compared(fabricate(tmp_path / "gone", own, [0, 1], engine="openvino"))
    assert rows["plain"]["milliseconds_an_image"] is None and rows["plain"]["accuracy"] == 1


def test_the_page_has_every_number_and_says_how_it_was_made(study):
    found = compare_studies([study], "plain", {})
    page = markdown(found.rows, found.about)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")]
    assert {len(row) for row in rows[:5]} == {10} and {len(row) for row in rows[5:]} == {8}
    low, high = wilson_interval(10, 20)
    assert rows[2][0] == "plain" and rows[2][3] == f"0.50 [{low:.2f}, {high:.2f}]"
    assert rows[7][0] == "better" and rows[7][3].startswith("+0.35 [+0.") and rows[7][3].endswith("p = 0.078")
    assert rows[8][3] == "0.00, p = 1.00"
    assert "Holm's method for all comparisons with plain in the same column" in page
    assert "- Protocol: cross-validated by patient.\n" in page
    assert "- Of the frames that the lattice flips, `strongest` flips: plain 8 of 9, same 8 of 9." in page


def test_the_page_tells_protocols_and_cohorts_that_differ(tmp_path):
    own = {name: {"logit": LOGITS} for name in ("plain", "b")}
    one, two = (fabricate(tmp_path / name, own, LABELS) for name in ("one", "two"))
    for study in (one, two):
        facts = json.loads((study / "study.json").read_text())
        facts["classifiers"]["b"]["protocol"] = "train_once"
        facts["cohort"]["simulated"] = study is one
        (study / "study.json").write_text(json.dumps(facts))
        finish(study)
    found = compare_studies([one, two], "plain", {})
    page = markdown(found.rows, found.about)
    assert "Protocol: cross-validated by patient (plain); trained once on both cohorts (optimistic) (b)." in page
    assert "40 simulated RF frames and RF frames of 40 patients" in page


def test_the_folds_of_an_earlier_configuration_are_not_timed(study):
    shutil.copy(study / "benchmarks/train/plain/0.tsv", study / "benchmarks/train/plain/7.tsv")
    (study / "benchmarks/train/plain/7.tsv").write_text("s\n500\n")
    assert compared(study)[0]["plain"]["seconds_to_train"] < 30


def test_an_interval_beside_its_value_is_drawn(study):
    found = compare_studies([study], "plain", {})
    rows = [{**row, "auc_low": row["auc"] + 0.01, "auc_high": row["auc"] + 0.1} for row in found.rows]
    (axes,) = comparison_figure(rows, found.about).axes
    assert len(axes.containers) == len(rows)


@pytest.mark.parametrize(("weights", "median"), [([1, 1, 1, 1], 2.5), ([0, 3, 1, 0], 2), ([2, 0, 0, 2], 2.5)])
def test_a_median_counts_its_values(weights, median):
    assert weighted_median(np.array([1.0, 2.0, 3.0, 4.0]), np.array(weights, dtype=float)) == median


def test_an_attack_of_another_method_decides_if_the_user_says_so(study):
    assert compared(study, robust_against="walk")[0]["plain"]["robust_accuracy"] == 15 / 20
    assert read_finished_study(study, {"walk": "lattice"}).roles.walk == "lattice"
