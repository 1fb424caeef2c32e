"""Exactly the affected jobs run again after an edit, counted with the real workflow on a tiny study.

Each scene edits a copy of the finished study and compares all executed jobs. Two scenes play at a time, see `played`.
"""

import json
import shutil
from collections import Counter

import pytest
from rerun_study import (
    attacked,
    attacked_on_new_models_and,
    attacks,
    fold,
    new_models,
    summary,
    with_own_house,
)
from study_project import COLD

UP_TO_THE_CHECKPOINT = {"evaluate": 2, "select": 1, "figures": 1, "page": 1, "provenance": 1}
"""Jobs that run even if nothing changed: those planned before the checkpoint has run, and those that read the models."""

OTHER = {"0": "1", "1": "0"}
"""The fold whose model is trained on the frames of a fold."""

FULL_SIZE = 1_000_000
"""Bytes up to which Snakemake compares contents by default."""


def touches_and_comments_run_nothing(project, before, recordings):
    inputs = [project.folder / name for name in ("config.yaml", "frames.csv", "images.csv", "recorded/F5.h5")]
    assert inputs[-1].stat().st_size > FULL_SIZE
    for path in [*inputs, *project.results.glob("simulated/*/*"), *project.results.glob("features/*/*.npz")]:
        path.touch()
    project.edit_frames("F1", note_quality="good")
    for path in inputs[:3]:
        path.write_text("# a comment\n" + path.read_text())
    assert not project.run()


def a_frames_own_bounds_rerun_its_attacks(project, before, recordings):
    frame = next(name for name, n in Counter(row["frame"] for row in before.rows("selected.csv")).items() if n == 2)
    project.edit_frames(frame, beta_min="0.88", beta_max="0.92")
    jobs = project.run()
    own = attacks(project, lambda row, _: row["frame"] == frame)
    assert attacked(project) == own and len(own) == 4
    assert jobs == summary("folded", "first", describe_study=1, attack=4)
    record = json.loads((project.results / f"attacks/first/descent/{frame}/record.json").read_text())
    assert [record["search"]["axes"][0][end] for end in ("low", "high")] == [0.88, 0.92]


def an_attacks_entry_reruns_the_attacks_of_that_name(project, before, recordings):
    original = (project.folder / "config.yaml").read_text()
    own = attacks(project, lambda _, attack: attack == "descent")
    for edit in ({"min": 0.5}, {"step": 0.02}, {"rate": 0.01}):
        (project.folder / "config.yaml").write_text(original)
        project.edit_config(lambda config, edit=edit: config["attacks"]["descent"]["settings"]["beta"].update(edit))
        jobs = project.run("-n")
        assert attacked(project) == own and own
        assert jobs == summary("folded", "first", describe_study=1, attack=len(own))


def new_attacks_cost_their_own_jobs_and_those_on_request_wait(project, before, recordings):
    """`first` gets an attack, one that starts from it, and a lattice on request."""

    def edit(config):
        bounds = {"min": 0.89, "max": 0.91}
        own = {"classifiers": ["first"], "settings": {"beta": bounds}}
        config["attacks"] |= {
            "corner": {"method": "corners", "max_queries": 3, **own},
            "near": {"method": "nearest", "from": "corner", "max_queries": 3, **own},
            "lattice": {"method": "lattice", **own, "on_request": True, "settings": {"beta": {**bounds, "rate": 0.01}}},
        }

    frames = [row["frame"] for row in before.rows("selected.csv") if row["classifier"] == "first"]
    project.edit_config(edit)
    jobs = project.run()
    assert attacked(project) == sorted(("first", attack, frame) for attack in ("corner", "near") for frame in frames)
    assert jobs == summary("first", describe_study=1, list_attacked=1, attack=2 * len(frames))
    assert not project.run()
    tables = project.tables()

    # What the lattice leaves goes into the summary, once.
    assert project.run("bound") == Counter(attack=len(frames), bound=1)
    assert project.run() == summary("first", list_requested=1)
    assert {row["attack"] for row in project.rows("summary/robustness.csv") if row["flipped_by"]} == set()
    records = json.loads((project.results / "summary/summary.json").read_text())
    found = next(record for record in records if record["attack"] == "lattice")
    assert (
        found["classifier"] == "first"
        and found["robust"]["on_lattice"]["attack"] == "lattice"
        and not found["n_not_run"]
    )
    assert not project.run("bound") and not project.run()

    # A result of an earlier lattice is not taken, and not refused.
    project.edit_config(lambda config: config["attacks"]["lattice"]["settings"]["beta"].update(rate=0.005))
    assert project.run() == summary(describe_study=1)
    assert {name: content for name, content in project.tables().items() if name == "frames.csv"} != tables
    rows = [row for row in project.rows("summary/frames.csv") if row["attack"] == "lattice"]
    assert rows and {row["outcome"] for row in rows} <= {"not_run", "not_attacked"}


def a_defended_classifier_costs_its_own_jobs(project, before, recordings):
    """Its features are computed and its model is trained, asked and attacked. The summary confirms all flips."""

    def edit(config):
        augment = {"defence": "augment", "copies": 2}
        safe = {**config["classifiers"]["first"], "defences": ["canonical", augment, "average"]}
        config["classifiers"]["safe"] = safe

    project.edit_config(edit)
    jobs = project.run()
    own = attacks(project, lambda row, _: row["classifier"] == "safe")
    assert attacked(project) == own and own
    assert jobs == summary(
        "folded", "first", "safe", describe_study=1, list_copies=1, features=1, list_training=1, train=1, list_judged=1,
        evaluate=1, select=1, list_attacked=3, list_requested=1, attack=len(own),
    )  # fmt: skip
    assert project.ran("train", "classifier") == project.ran("evaluate", "classifier") == [("safe",)]
    assert not new_models(before, project)
    folder = project.results / "classifiers/safe/folds/all"
    record, digest = json.loads((folder / "record.json").read_text()), (folder / "digest.txt").read_text().strip()
    assert [one["defence"] for one in record["defences"]] == ["canonical", "augment", "average"]
    asked = [json.loads(path.read_text()) for path in project.results.glob("attacks/safe/*/*/record.json")]
    assert len(asked) == len(own) and {one["inputs"]["model"] for one in asked} == {digest}
    assert [one["defence"] for one in asked[0]["predictor"]["defences"]] == ["canonical", "average"]
    assert not project.run()


def a_replaced_rf_file_reruns_what_was_made_from_it(project, before, recordings):
    shutil.copy(recordings / "other.h5", project.folder / "recorded/F5.h5")
    jobs = project.run()
    log = next(project.results.glob("logs/features/*/frames.log")).read_text()
    assert "1 computed" in log
    own = fold(project, "F5")
    assert new_models(project, before) == {("folded", OTHER[own])}  # not the one that held F5 out
    expected = attacked_on_new_models_and("F5", project, before)
    assert attacked(project) == expected and ("first", "descent", "F5") in expected
    assert {row["frame"] for row in project.rows("selected.csv") if row["fold"] == own} - {"F5"}  # not attacked again
    assert jobs == summary(
        "folded", "first", reconstruct=1, features=1, train=2, evaluate=2, select=1, attack=len(expected),
        list_attacked=2 * (project.rows("selected.csv") != before.rows("selected.csv")),
    )  # fmt: skip


def a_corrected_label_reruns_what_learnt_it(project, before, recordings):
    project.edit_frames("F6", label="0")
    jobs = project.run()
    assert project.ran("train", "classifier", "fold") == [("folded", OTHER[fold(project, "F6")])]
    expected = attacked_on_new_models_and("F6", project, before)
    assert attacked(project) == expected
    # A model not trained on a frame classifies it correctly for exactly one of the two labels.
    assert (("first", "descent", "F6") in expected) != (("first", "descent", "F6") in attacks(before))
    assert jobs == summary(
        "folded", "first", list_training=1, train=1, list_judged=2, evaluate=2, select=1, list_attacked=2,
        attack=len(expected),
    )  # fmt: skip


def a_frame_added_and_removed(project, before, recordings):
    sheet = (project.folder / "frames.csv").read_text()
    (project.folder / "frames.csv").write_text(sheet + "F7,Pframe2,simulated/frames/F7.h5,0\n")
    jobs = project.run()
    assert fold(project, "F7") == fold(before, "F2")
    other = OTHER[fold(project, "F7")]
    assert new_models(project, before) == {("folded", other)}
    expected = attacked_on_new_models_and("F7", project, before)
    assert attacked(project) == expected and ("first", "descent", "F7") in expected
    assert jobs == summary(
        "folded", "first", simulate_frame=1, reconstruct=1, list_items=1, features=1, list_training=1, train=2,
        list_judged=2, evaluate=2, select=1, list_frames=1, describe_study=1, list_attacked=2, attack=len(expected),
    )  # fmt: skip

    (project.folder / "frames.csv").write_text(sheet)
    jobs = project.run()
    expected = attacks(project, lambda row, _: (row["classifier"], row["fold"]) == ("folded", other))
    assert attacked(project) == expected
    assert jobs == summary(
        "folded", "first", list_items=1, features=1, list_training=1, train=2, list_judged=2, evaluate=2, select=1,
        list_frames=1, describe_study=1, list_attacked=2, attack=len(expected),
    )  # fmt: skip
    assert not new_models(project, before)
    tables = project.tables()
    assert tables.pop("orphans.csv") != before.tables()["orphans.csv"]  # F7's results
    assert tables.items() <= before.tables().items()


def frames_to_test_on_train_nothing(project, before, recordings):
    """Another scanner's frames, before the others in the sheet: no features, no training, and no attack on other frames."""
    header, *rows = (project.folder / "frames.csv").read_text().splitlines()
    tested = [f"S{i},Pother{i},simulated/frames/S{i}.h5,{i % 2}" for i in range(2)]
    extra = [f"{row},yes,HDI-C5-2" for row in tested]
    more = [f"{header},test_only,scanner", *extra, *(f"{row},," for row in rows)]
    (project.folder / "frames.csv").write_text("\n".join(more) + "\n")
    jobs = project.run()
    own = attacks(project, lambda row, _: row["frame"] in ("S0", "S1"))
    assert attacked(project) == own
    assert jobs == summary(
        "folded", "first", simulate_frame=2, reconstruct=2, list_judged=2, evaluate=2, select=1, list_frames=1,
        list_examples=1, describe_study=1, list_attacked=2, attack=len(own),
    )  # fmt: skip
    assert not new_models(project, before)
    for classifier in ("folded", "first"):
        judged = {row["frame_id"]: row for row in project.rows(f"classifiers/{classifier}/predictions.csv")}
        assert {"S0", "S1"} < set(judged)
        for row in before.rows(f"classifiers/{classifier}/predictions.csv"):
            assert judged[row["frame_id"]] == row
    assert not project.run()


def a_classs_name_reruns_the_summary(project, before, recordings):
    project.edit_config(lambda config: config.update(classes=["benign", "malignant"]))
    assert project.run("-n") == summary(describe_study=1)


def a_training_setting_reruns_that_classifier(project, before, recordings):
    project.edit_config(lambda config: config["classifiers"]["first"]["training"].update(epochs=6))
    jobs = project.run()
    own = attacks(project, lambda row, _: row["classifier"] == "first")
    assert attacked(project) == own and own
    assert project.ran("train", "classifier") == project.ran("evaluate", "classifier") == [("first",)]
    assert jobs == summary("first", train=1, evaluate=1, select=1, attack=len(own))


def an_identical_retraining_reruns_no_attack(project, before, recordings):
    project.programs = COLD
    assert project.run("--forcerun", "train") == Counter(train=3, **UP_TO_THE_CHECKPOINT)


def the_source_of_an_attack_reruns_its_method(project, before, recordings):
    with_own_house(project, "attacks/searches/sign_descent.py")
    jobs = project.run()
    own = attacks(project, lambda _, attack: attack == "descent")
    assert attacked(project) == own
    assert jobs == summary("folded", "first", attack=len(own))
    assert project.tables() == before.tables()


def the_source_of_the_reconstruction_reruns_the_reconstructions(project, before, recordings):
    """As planned: a real run does all of it, and then the attacks, whose verb renders with the same source."""
    with_own_house(project, "reconstruction/plan.py")
    everything = summary(
        "folded", "first", simulate_frame=5, simulate_image=8, reconstruct=7, features=2, train=3, evaluate=2, select=1,
        list_attacked=2,
    )  # fmt: skip
    assert project.run("-n") == everything
    target = "results/attacks/first/descent/F2/finished.json"
    assert project.run("-n", target)["attack"] == 1


def the_source_of_a_verb_reruns_its_rule(project, before, recordings):
    with_own_house(project, "cli/evaluate.py")
    assert project.run() == Counter(UP_TO_THE_CHECKPOINT)
    with (project.house / "src/echoshift/cli/summarise.py").open("a") as file:
        file.write("# a comment\n")
    assert project.run() == summary()


SCENES = [
    touches_and_comments_run_nothing,
    a_frames_own_bounds_rerun_its_attacks,
    an_attacks_entry_reruns_the_attacks_of_that_name,
    new_attacks_cost_their_own_jobs_and_those_on_request_wait,
    a_defended_classifier_costs_its_own_jobs,
    a_replaced_rf_file_reruns_what_was_made_from_it,
    a_corrected_label_reruns_what_learnt_it,
    a_frame_added_and_removed,
    frames_to_test_on_train_nothing,
    a_classs_name_reruns_the_summary,
    a_training_setting_reruns_that_classifier,
    an_identical_retraining_reruns_no_attack,
    the_source_of_an_attack_reruns_its_method,
    the_source_of_the_reconstruction_reruns_the_reconstructions,
    the_source_of_a_verb_reruns_its_rule,
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_rerun(scene, played):
    played[scene].result()
