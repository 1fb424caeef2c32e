import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from echoshift.attacks.axes import axis
from echoshift.cli import progress
from echoshift.cli.main import app
from echoshift.errors import EchoShiftError
from echoshift.figures.attacks import attacks_figure
from echoshift.figures.paths import paths_figure
from echoshift.settings import PAPER, SETTINGS, Bounds
from echoshift.storage.tables import read_rows
from echoshift.summary.attack_places import read_attacked
from echoshift.summary.attack_results import repair
from echoshift.summary.confirmation import read_confirmations
from echoshift.summary.headline import headline
from echoshift.summary.study_facts import StudyFacts, read_study_facts
from echoshift.summary.study_results import gather
from summary.fake_study import INITIAL, beta_alone, edited, fake_study, make_search

ISSUE_FIELDS = [
    "classifier", "protocol", "attack", "seed", "n_frames", "n_correct", "n_flipped", "success_rate", "success_low",
    "success_high", "auc", "auc_low", "auc_high", "accuracy", "balanced_accuracy", "outcomes", "median_queries",
    "warning",
]  # fmt: skip


def command(study):
    results = study.results
    return [
        "summarise", "--results", str(results), "--study", str(study.study), "--selected", str(study.selected),
        *(part for path in study.attacked for part in ("--attacked", str(path))),
        *(part for path in study.confirmed for part in ("--confirmed", str(path))),
        "--trajectories", str(results / "trajectories.zarr"), "-o", str(results / "summary"),
    ]  # fmt: skip


def the(records, classifier="folds", attack="descent"):
    return next(r for r in records if (r["classifier"], r["attack"]) == (classifier, attack))


def the_row(rows, frame, classifier="folds", attack="descent"):
    return next(r for r in rows if (r["classifier"], r["attack"], r["frame_id"]) == (classifier, attack, frame))


def test_one_record_per_classifier_and_attack(study):
    records, rows = study.summarise()
    assert [(r["classifier"], r["protocol"], r["attack"]) for r in records] == [
        ("folds", "cross_validation", "descent"), ("folds", "cross_validation", "control"),
        ("once", "train_once", "descent"), ("once", "train_once", "control"),
    ]  # fmt: skip
    assert all(list(r)[: len(ISSUE_FIELDS)] == ISSUE_FIELDS for r in records)
    assert len(rows) == 4 * 8
    found = the(records)
    assert (found["n_frames"], found["n_correct"], found["n_flipped"]) == (8, 6, 4)
    assert found["success_rate"] == pytest.approx(4 / 6)
    # Wilson's interval for 4 of 6, from the closed form.
    assert (found["success_low"], found["success_high"]) == pytest.approx((0.29999, 0.90323), abs=1e-5)
    assert found["outcomes"] == {"flipped": 4, "at_bounds": 0, "stalled": 0, "exhausted": 2, "unconfirmed": 0}
    assert found["seed"] == 7
    assert found["accuracy"] == 0.75
    assert found["median_queries"] == 32.5
    assert found["n_confirmed"] == 4
    assert found["beats_control"] is False
    assert the(records, attack="control")["beats_control"] is None


def test_misclassified_frames_are_rows_that_were_not_attacked(study):
    _, rows = study.summarise()
    for frame in ("R007", "R008"):
        row = the_row(rows, frame)
        assert row["outcome"] == "not_attacked"
        assert row["queries"] == "0"
        assert row["moves"] == ""
        assert [float(row[f"initial_{name}"]) for name in INITIAL] == [0.9, 10.0, 55.0]
        assert row["final_probability"] == row["final_beta"] == row["displacement_beta"] == ""
        assert 0 < float(row["initial_probability"]) < 1


def test_displacement_and_probability_by_hand(study):
    final = {"beta": 1.05, "alpha_l": 11.5, "alpha_u": 54.25}
    study.edit_record(
        "folds", "descent", "R001", final_settings=final, final_scores=[0.0, 0.0], bounds_touched=["beta_max"]
    )
    study.write_confirmed()
    facts, confirmations = read_study_facts(study.study), read_confirmations(study.confirmed)
    findings = gather(study.results, facts, study.selected, read_attacked(study.attacked), confirmations)
    row = the_row(findings.rows["folds", "descent"], "R001")
    assert [row[f"displacement_{name}"] for name in final] == [3.0, 3.0, -1.5]
    assert float(row["final_probability"]) == 0.5
    assert float(row["probability_change"]) == 0.5 - float(row["initial_probability"])
    assert row["bounds_touched"] == "beta_max"


def test_how_far_the_paths_moved(study):
    records, rows = study.summarise()
    run = ("folds", "descent", "flipped")
    flipped = [row for row in rows if (row["classifier"], row["attack"], row["outcome"]) == run]
    facts = the(records)["flipped"]
    assert facts["n"] == facts["all_settings_moved"] == len(flipped)
    assert facts["moved"] == {"beta": 4, "alpha_l": 4, "alpha_u": 4}
    # R001, R003, R005, R006 moved beta by -5, 4, -1 and 1 steps.
    assert facts["median_displacement_in_rate_steps"]["beta"] == 2.5


def test_nothing_attacked_gives_null(tmp_path):
    study = fake_study(tmp_path / "results", levels=(40, 24), labels=(1, 0))
    study.labels = {name: 1 - label for name, label in study.labels.items()}
    records, rows = study.build().summarise()
    assert study.correct == {"folds": [], "once": []}
    for record in records:
        assert (record["n_correct"], record["n_flipped"]) == (0, 0)
        for field in ("success_rate", "success_low", "success_high", "median_queries", "beats_control"):
            assert record[field] is None
        assert record["warning"]
    assert {row["outcome"] for row in rows} == {"not_attacked"}


def test_orphans_are_listed_and_ignored(study):
    before, _ = study.summarise()
    shutil.copytree(study.folder("folds", "descent", "R001"), study.folder("folds", "descent", "R007"))
    shutil.copytree(study.folder("folds", "descent", "R001"), study.folder("folds", "old_attack", "R001"))
    batches = study.folder("folds", "descent", "batches")
    batches.mkdir()
    (batches / "0-0.json").write_text('{"frames": ["R001"]}')  # no result of a frame
    (study.results / "attacks" / "folds" / "descent" / ".R009.draft").mkdir()
    after, _ = study.summarise()
    assert after == before
    found = read_rows(study.results / "summary" / "orphans.csv", ("folder",))
    expected = [study.folder("folds", "descent", "R007"), study.folder("folds", "old_attack", "R001")]
    assert [row["folder"] for row in found] == [str(folder) for folder in expected]


def test_a_record_of_another_configuration_is_rejected(study):
    with edited(study.study) as facts:
        facts["searches"]["descent"]["R003"]["axes"][0]["high"] = 1.25
    complaint = r"frame R003: search.axes.0.high: found 1.3, expected 1.25 .*rm -r .*R003 "
    with pytest.raises(EchoShiftError, match=complaint):
        study.summarise()


@pytest.mark.parametrize("lost", ["trajectory.zarr", "record.json"])
def test_a_missing_result_is_rejected_with_the_repair_command(study, lost):
    path = study.folder("once", "control", "R002") / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    complaint = rf"{lost}: not found for frame R002, .*; repair: rm -r .*/R002 and run again"
    with pytest.raises(EchoShiftError, match=complaint):
        study.summarise()


def test_the_repair_removes_the_file_of_the_frames_batch_too(tmp_path):
    own, batches = tmp_path / "descent/R002", tmp_path / "descent/batches"
    assert repair(own) == f"repair: rm -r {own} and run again"
    batches.mkdir(parents=True)
    for name, frames in (("all-0", ["R001", "R002"]), ("all-1", ["R003"])):
        (batches / f"{name}.json").write_text(json.dumps({"frames": frames}))
    assert repair(own) == f"repair: rm -r {own} {batches / 'all-0.json'} and run again"


@pytest.mark.parametrize("array", ["query_logit", "query_settings", "query_iteration", "settings", "query_kind"])
def test_a_damaged_store_is_rejected(study, array):
    # A missing chunk silently reads as fill values.
    shutil.rmtree(study.folder("once", "control", "R002") / "trajectory.zarr" / array)
    with pytest.raises(EchoShiftError, match=r"R002/trajectory.zarr: .*repair: rm -r"):
        study.summarise()


@pytest.mark.parametrize("array", ["query_logit", "query_kind", "query_loss"])
def test_a_damaged_chunk_is_rejected_in_one_line(study, array):
    folder = study.folder("once", "control", "R002")
    (chunk,) = (path for path in (folder / "trajectory.zarr" / array / "c").rglob("*") if path.is_file())
    chunk.write_bytes(bytes(byte ^ 0xFF for byte in chunk.read_bytes()))
    with pytest.raises(EchoShiftError, match=r"R002/trajectory.zarr: not readable for frame R002 .*repair: rm -r") as e:
        study.summarise()
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"label": 0}, "label: found 0, expected 1 as in predictions.csv"),
        ({"fold": "4"}, "fold: found 4, expected 1 as in predictions.csv"),
        (
            {"inputs": {"reconstruction": "of another file", "model": "grey"}},
            "R001: inputs.reconstruction: found digest of another f, expected picture of R: the \\w+ has changed; repair: rm -r",
        ),
        (
            {"inputs": {"reconstruction": "picture of R001", "model": "an older one"}},
            "R001: inputs.model: found digest an older one, expected grey level a: the \\w+ has changed; repair: rm -r",
        ),
        ({"initial_scores": [0.0, 9.0]}, "initial_logit: found 9, expected 1.96666 as in predictions.csv"),
        ({"frame_id": "R002"}, "found the record of folds/descent/R002, expected that of folds/descent/R001"),
    ],
)
def test_an_inconsistent_record_is_rejected(study, changes, complaint):
    study.edit_record("folds", "descent", "R001", **changes)
    with pytest.raises(EchoShiftError, match=complaint):
        study.summarise()


def test_unconfirmed_flips_are_rejected(study):
    path = study.confirmed[0]
    with edited(path) as content:
        content["flips"][0]["inputs"]["record"] = "f" * 64
    complaint = (
        r"--confirmed: \S+record.json: found a confirmation of record ffffffffffff, expected a confirmation of this"
    )
    with pytest.raises(EchoShiftError, match=complaint):
        study.summarise()
    with edited(path) as content:
        del content["flips"][0]
    with pytest.raises(EchoShiftError, match="found nothing, expected a confirmation of this record"):
        study.summarise()
    path.write_text(json.dumps({"classifier": "other", "engine": "tensorflow", "flips": []}))
    with pytest.raises(EchoShiftError, match="--confirmed: classifier folds: found nothing"):
        study.summarise()


@pytest.mark.parametrize("end", ["final", "nearest"])
def test_a_denied_flip_is_counted_and_named_and_in_no_rate(study, end):
    before, _ = study.summarise()
    with edited(study.confirmed[0]) as content:
        flip = next(one for one in content["flips"] if one["attack"] == "descent" and one["final"])
        flip[end] = {**flip[end], "confirmed": False}
    records, rows = study.summarise()
    found, row = the(records), the_row(rows, flip["frame_id"])
    assert found["unconfirmed"] == [flip["frame_id"]]
    is_final = end == "final"
    assert found["outcomes"]["unconfirmed"] == is_final and found["n_flipped"] == 4 - is_final
    assert found["n_confirmed"] == the(before)["n_confirmed"] - is_final
    assert (row["outcome"] == "unconfirmed") == is_final and (row["own_nearest_linf"] == "") != is_final
    after = np.array(found["confusion_after_attack"])
    assert after.trace() == np.array(the(before)["confusion_after_attack"]).trace() + is_final
    assert f"denies 1 (folds/descent/{flip['frame_id']})" in headline(records)[0]


def test_selected_frames_must_be_the_correct_ones(study):
    study.correct["folds"].remove("R002")
    study.write_selected()
    with pytest.raises(EchoShiftError, match="classifier folds, frame R002, fold 0, answer 1: found none"):
        study.summarise()


@pytest.mark.parametrize(("patience", "shown"), [(-1.0, True), (60.0, False)])
def test_a_progress_bar_only_for_long_operations(monkeypatch, capsys, patience, shown):
    monkeypatch.setattr(progress, "PATIENCE", patience)
    assert list(progress.track_if_long("abc", "Trajectories", 3)) == ["a", "b", "c"]
    output = capsys.readouterr()
    assert output.out == ""
    assert ("Trajectories" in output.err and "100%" in output.err) if shown else output.err == ""


FAILS_BEHIND_A_BAR = """
from itertools import groupby
from echoshift.cli import main, progress
from echoshift.errors import EchoShiftError

progress.PATIENCE = -1

def verb(arguments):
    for _, letters in groupby(progress.track_if_long("abc", "Letters", 3), key=str.isupper):
        for letter in letters:
            if letter == "c":
                raise EchoShiftError("no c")

main._app = verb
main.app()
"""


def test_the_reason_for_a_failure_follows_the_progress_bar():
    """The workflow shows the last line of a failed job."""
    done = subprocess.run([sys.executable, "-c", FAILS_BEHIND_A_BAR], capture_output=True, text=True, check=False)
    *_, bar, reason = done.stderr.strip().splitlines()
    assert (done.returncode, reason) == (1, "echoshift: error: no c") and "%" in bar


def test_the_last_good_tables_are_kept_and_are_reproducible(study, capsys):
    study.summarise()
    results = study.results
    files = sorted(path for name in ("summary", "trajectories.zarr") for path in (results / name).rglob("*"))
    before = {path: path.read_bytes() for path in files if path.is_file()}
    study.summarise()
    assert {path: path.read_bytes() for path in before} == before
    shutil.rmtree(study.folder("folds", "descent", "R001"))
    with pytest.raises(SystemExit) as end:
        app(command(study))
    assert end.value.code == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "frame R001" in error
    assert {path: path.read_bytes() for path in before} == before
    assert not [path for path in results.iterdir() if path.name.startswith(".")]


def test_additional_settings_have_their_own_columns_and_coordinates(tmp_path):
    study = fake_study(tmp_path / "results")
    study.classifiers = ("folds",)

    def search(attack, frame):
        names = ("beta", "median", "gamma") if attack == "control" else ("tgc_8", "gain")
        axes = tuple(axis(name, Bounds(), SETTINGS[name].initial, None, None) for name in names)
        fixed = {name: value for name, value in INITIAL.items() if name not in names}
        if frame == "R001":
            fixed["smoothing"] = 0.001  # too small to change the classified image
        return make_search("random_search" if attack == "control" else "sign_descent", frame, 30).model_copy(
            update={"axes": axes, "fixed": fixed}
        )

    study.search = search
    records, rows = study.build().summarise()
    names = [*PAPER, "gain", "tgc_8", "gamma", "smoothing", "median"]
    assert [key[8:] for key in rows[0] if key.startswith("initial_") and key[8:] in SETTINGS] == names
    assert [float(row["initial_smoothing"]) for row in rows[:3]] == [0.001, 0, 0]
    moved = next(row for row in rows if row["attack"] == "descent" and row["moves"])
    steps = (float(moved["final_gain"]) - float(moved["initial_gain"])) / SETTINGS["gain"].rate
    assert float(moved["displacement_gain"]) == pytest.approx(steps) and steps
    assert moved["displacement_gamma"] == ""
    paths = xr.open_zarr(study.results / "trajectories.zarr")
    assert list(paths.parameter.values) == names
    assert list(paths.unit.values)[-2:] == ["pixel", "pixel"]
    medians = paths.query_settings.sel(classifier="folds", attack="control", parameter="median").values
    assert set(np.unique(medians[np.isfinite(medians)])) <= {1.0, 3.0, 5.0, 7.0}
    record = the(records, attack="control")
    assert list(record["flipped"]["moved"]) == names
    figure = attacks_figure(record, [row for row in rows if row["attack"] == record["attack"]], study.results)
    assert any("M 1 pixel" in axes.get_title() for axes in figure.axes)
    panels = [axes.get_ylabel().split()[0] for axes in paths_figure(record, paths).axes if axes.axison]
    assert panels[:-1] == ["beta", "gamma", "median"]  # the settings that this attack moves
    assert the(records, attack="descent")["comparisons"] == []  # the random search has another box


def test_a_control_has_the_box_of_the_attack_and_enough_queries():
    """The same settings and bounds for every frame, and a budget that can match the attack's queries."""

    def of(method, frames):
        return {name: make_search(method, name, **bounds) for name, bounds in frames.items()}

    wide, narrow = {"beta_min": 0.5}, {"beta_min": 0.6}
    both = {"F1": wide, "F2": narrow}
    searches = {"descent": of("sign_descent", both), "same": of("random_search", both)}
    searches["other_bound"] = of("random_search", {"F1": narrow, "F2": narrow})
    searches["other_setting"] = {name: beta_alone(search) for name, search in searches["same"].items()}
    budgets = {"fewer_queries": 39, "more_queries": 41}
    searches |= dict.fromkeys(budgets, searches["same"])
    attacks = {
        name: {"method": own["F1"].method, "max_queries": budgets.get(name, 40)} for name, own in searches.items()
    }
    one = {"protocol": "train_once", "seed": 1, "engine": "openvino"}
    common = {
        "seed": 1,
        "cohort": {"simulated": True, "n_frames": 1},
        "classes": ("healthy", "fatty"),
        "classifiers": {"net": one, "other": one},
    }
    facts = StudyFacts(**common, attacks=attacks, searches=searches)
    assert facts.controls("net", "descent") == ["same", "more_queries"]
    attacks["same"]["classifiers"] = ["other"]
    facts = StudyFacts(**common, attacks=attacks, searches=searches)
    assert facts.controls("net", "descent") == ["more_queries"]
    assert facts.controls("other", "descent") == ["same", "more_queries"]
