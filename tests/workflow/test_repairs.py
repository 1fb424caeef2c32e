"""Lost, rejected, forced and batched results, and a GPU engine: scenes as in `test_reruns.py`."""

import json
import shutil
from collections import Counter

import pytest
from rerun_study import attacked, attacks, records_made, repair, summary, with_own_house
from study_project import COLD, contents

FINISHED = "finished.json"


def a_deleted_result_reruns_one_attack(project, before, recordings):
    project.programs = COLD
    shutil.rmtree(project.results / "attacks/first/descent/F2")
    assert project.run() == summary("first", attack=1)
    assert attacked(project) == [("first", "descent", "F2")]
    assert project.tables() == before.tables()

    shutil.rmtree(project.results / "summary")
    assert project.run() == summary()
    assert project.tables() == before.tables()


def a_deleted_store_stops_the_summary_which_names_the_repair(project, before, recordings):
    shutil.rmtree(project.results / "attacks/first/descent/F2/trajectory.zarr")
    assert project.run("--forcerun", "summarise", succeed=False) == Counter(summarise=1)
    assert project.process.returncode != 0 and not project.tables()
    assert len(project.complaints) == 1
    assert repair(project) == "results/attacks/first/descent/F2"
    assert project.run() == summary("first", attack=1)
    assert project.tables() == before.tables()


def a_result_of_an_earlier_sheet_is_refused(project, before, recordings):
    """As it is when copied from a study with another sheet."""
    path = project.results / "attacks/first/control/F2/record.json"
    record = json.loads(path.read_text())
    record["search"]["axes"][0]["high"] = 0.95
    path.write_text(json.dumps(record))
    jobs = project.run("--forcerun", "summarise", succeed=False)
    assert jobs == Counter(summarise=1) and project.process.returncode != 0
    (complaint,) = project.complaints
    assert "frame F2: search.axes.0.high: found 0.95, expected 0.91" in complaint
    assert not project.tables()  # no outdated table remains
    assert project.run(succeed=False) == Counter(summarise=1) and project.process.returncode != 0


def without_the_profile_a_touched_large_file_counts_as_new(project, before, recordings):
    """And with it, as planned, all that is made before the frames are judged."""
    (project.folder / "recorded/F5.h5").touch()
    (project.results / "simulated/frames/F0.h5").touch()
    assert not project.run("-n")
    project.profile = None
    jobs = project.run("-n")
    assert jobs == summary("folded", "first", reconstruct=1, features=1, train=2, evaluate=2, select=1, list_attacked=2)
    assert project.ran("reconstruct", "frame") == [("F5",)]


def what_is_typed_to_preview_and_to_force(project, before, recordings):
    assert not project.run("-n")
    assert project.run("-n", "--forcerun", f"results/attacks/first/descent/F2/{FINISHED}") == summary("first", attack=1)
    assert attacked(project) == [("first", "descent", "F2")]
    everything = attacks(project)
    assert project.run("-n", "-R", "attack") == summary("folded", "first", attack=len(everything))
    assert attacked(project) == everything

    (project.results / "selected.csv").unlink()
    assert project.run("-n") == summary("folded", "first", select=1, list_attacked=2)  # the attacks are not known yet


def batches_keep_what_is_finished_and_current(project, before, recordings):
    made = records_made(project)
    project.edit_config(lambda config: config.update(frames_per_job=3))
    jobs = project.run()
    batches = attacked(project)
    assert ("folded", "descent", "0-0") in batches and ("first", "control", "all-0") in batches
    assert len(batches) < len(attacks(project))
    assert jobs == summary("folded", "first", attack=len(batches))
    assert records_made(project) == made
    assert project.tables() == before.tables()

    project.edit_frames("F0", beta_max="0.92")
    jobs = project.run()
    own = attacks(project, lambda row, _: row["frame"] == "F0")
    assert {batch for *_, batch in attacked(project)} == {"0-0", "all-0"}
    assert jobs == summary("folded", "first", describe_study=1, attack=len(own))
    assert newer(project, made) == own and own

    # One frame per job again. Only the attacks on F0 have lost their marker file.
    made = records_made(project)
    project.edit_config(lambda config: config.pop("frames_per_job") and None)
    assert project.run() == summary("folded", "first", attack=len(own))
    assert records_made(project) == made
    project.edit_frames("F2", beta_max="0.92")
    project.run()
    own = attacks(project, lambda row, _: row["frame"] == "F2")
    assert attacked(project) == newer(project, made) == own and own


def newer(project, made):
    """Attacks whose record was written again."""
    return sorted(path.parts[-4:-1] for path, time in records_made(project).items() if made.get(path) != time)


def batches_from_the_beginning_come_to_the_same(project, before, recordings):
    shutil.rmtree(project.results / "attacks")
    project.edit_config(lambda config: config.update(frames_per_job=3))
    project.run()
    assert project.tables() == before.tables()
    for classifier, attack, frame in attacks(project):
        folder = f"attacks/{classifier}/{attack}/{frame}"
        alone = contents(before.results / folder)
        assert alone.pop(FINISHED)
        assert contents(project.results / folder) == alone
    made = records_made(project)

    # A deleted result goes unnoticed until the summary fails and names the command to type.
    shutil.rmtree(project.results / "attacks/first/descent/F2")
    assert not project.run()
    project.run("--forcerun", "summarise", succeed=False)
    (project.results / "attacks/first/descent/F2").mkdir()
    assert repair(project).startswith("results/attacks/first/descent/batches/all-")
    assert project.run() == summary("first", attack=1)
    assert newer(project, made) == [("first", "descent", "F2")]
    assert project.tables() == before.tables()

    # A forced batch computes all its frames. An edit of the code recomputes all frames of its search.
    made = records_made(project)
    project.run("attacks", "--forcerun", "results/attacks/first/descent/batches/all-0.json")
    batch = json.loads((project.results / "attacks/first/descent/batches/all-0.json").read_text())["frames"]
    assert newer(project, made) == sorted(("first", "descent", frame) for frame in batch)
    made = records_made(project)
    with_own_house(project, "attacks/searches/sign_descent.py")
    project.run("attacks")
    assert newer(project, made) == attacks(project, lambda _, attack: attack == "descent")


def a_profiles_batches_outlive_a_users_configuration(project, before, recordings):
    """As planned: the profile of batches has 50 frames a job."""
    batched = ["--set-resources", "attack:frames_per_job=50"]
    jobs = project.run("-n", *batched)
    assert jobs["attack"] == 6  # two folds and the one model of the first cohort, by two searches
    shutil.copy(project.folder / "config.yaml", project.folder / "own.yaml")
    assert project.run("-n", *batched, "--configfile", "own.yaml")["attack"] == 6
    project.run("-n", *batched, "--config", "classes=[benign,malignant]")
    assert project.ran("attack", "batch") == [("0-0",), ("0-0",), ("1-0",), ("1-0",), ("all-0",), ("all-0",)]
    assert project.run("-n", *batched, "--config", "frames_per_job=1") == {}


def a_study_for_a_gpu_says_so_where_there_is_none(project, before, recordings):
    folder = "results/attacks/first/descent/F2"
    target = f"{folder}/{FINISHED}"
    others = contents(project.results / "attacks/first/control")
    project.edit_config(lambda config: config.update(predictor={"engine": "tensorflow"}))
    assert project.run(target, succeed=False, CUDA_VISIBLE_DEVICES="") == Counter(attack=1)
    assert project.process.returncode != 0
    (complaint,) = project.complaints
    assert "predictor.engine: tensorflow: found no GPU" in complaint
    assert project.tables() == before.tables() and contents(project.results / "attacks/first/control") == others

    project.edit_config(lambda config: config["predictor"].update(allow_cpu=True))
    assert project.run(target, CUDA_VISIBLE_DEVICES="") == Counter(attack=1)
    record = json.loads((project.folder / folder / "record.json").read_text())
    assert (record["predictor"]["engine"], record["predictor"]["device"]) == ("tensorflow", "CPU")


SCENES = [
    a_deleted_result_reruns_one_attack,
    a_deleted_store_stops_the_summary_which_names_the_repair,
    a_result_of_an_earlier_sheet_is_refused,
    without_the_profile_a_touched_large_file_counts_as_new,
    what_is_typed_to_preview_and_to_force,
    batches_keep_what_is_finished_and_current,
    batches_from_the_beginning_come_to_the_same,
    a_profiles_batches_outlive_a_users_configuration,
    a_study_for_a_gpu_says_so_where_there_is_none,
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_repair(scene, played):
    played[scene].result()
