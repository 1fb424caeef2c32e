"""What is lost and made again, refused, forced, batched or asked of a GPU: scenes as in `test_reruns.py`."""

import json
import re
import shlex
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from rerun_study import ATTACKS, attacked, attacks, change, contents, summary
from study_project import COLD

TIME_STAMP = ".snakemake_timestamp"
BATCHES_OF_F0 = (("folded", "0-0"), ("first", "all-0"))


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
    folder = Path("results/attacks/first/descent/F2")
    shutil.rmtree(project.folder / folder / "trajectory.zarr")
    assert project.run("--forcerun", "summarise", succeed=False) == Counter(summarise=1)
    assert project.process.returncode != 0 and not project.tables()
    complaints = {line for line in project.output.splitlines() if "echoshift: error:" in line}
    assert len(complaints) == 1
    command = re.fullmatch(r".*frame F2, .*; repair: (.*) and run again", complaints.pop())[1]
    assert shlex.split(command)[-1] == str(folder)
    subprocess.run(command, shell=True, cwd=project.folder, check=True)
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
    assert re.search(
        r"echoshift: error: .*frame F2: search\.axes\.0\.high: found 0\.95, expected 0\.91", project.output
    )
    assert not project.tables()  # no table stays that the study does not come to
    assert project.run(succeed=False) == Counter(summarise=1) and project.process.returncode != 0


def without_the_profile_a_touched_large_file_counts_as_new(project, before, recordings):
    """And with it, as planned, all that is made before the frames are judged."""
    (project.folder / "recorded/F5.h5").touch()
    (project.results / "simulated/frames/F0.h5").touch()
    assert not project.run("-n")
    jobs = project.run("-n", profile=None)
    assert jobs == summary("folded", "first", reconstruct=1, features=1, train=2, evaluate=2, select=1, list_attacked=2)
    assert project.ran("reconstruct", "frame") == [("F5",)]


def what_is_typed_to_preview_and_to_force(project, before, recordings):
    assert not project.run("-n")
    assert project.run("-n", "--forcerun", "results/attacks/first/descent/F2") == summary("first", attack=1)
    assert attacked(project) == [("first", "descent", "F2")]
    everything = attacks(project)
    assert project.run("-n", "-R", "attack") == summary("folded", "first", attack=len(everything))
    assert attacked(project) == everything

    (project.results / "selected.csv").unlink()
    assert project.run("-n") == summary("folded", "first", select=1, list_attacked=2)  # which attacks, nobody knows yet


def without_folders(project):
    return [{key: cell for key, cell in row.items() if key != "folder"} for row in project.rows("summary/frames.csv")]


def batches_have_the_same_records_and_rerun_whole(project, before, recordings):
    shutil.rmtree(project.results / "attacks")
    project.edit_config(lambda config: config.update(frames_per_job=3))
    jobs = project.run()
    batches = project.ran("attack_batch", "classifier", "attack", "batch")
    assert ("folded", "descent", "0-0") in batches and ("first", "control", "all-0") in batches
    assert len(batches) < len(attacks(project))
    assert jobs == summary("folded", "first", list_attacked=2, list_batch=len(batches), attack_batch=len(batches))
    for row in project.rows("summary/frames.csv"):
        if row["folder"]:
            alone = before.results / "attacks" / row["classifier"] / row["attack"] / row["frame_id"]
            found = contents(project.results / row["folder"])
            assert found == {name: text for name, text in contents(alone).items() if name.name != TIME_STAMP}
    assert without_folders(project) == without_folders(before)
    for name in ("summary.json", "success_over_queries.csv"):
        assert project.tables()[name] == before.tables()[name]

    project.edit_sheet(change("F0", beta_max="0.92"))
    jobs = project.run()
    own = sorted((classifier, attack, batch) for classifier, batch in BATCHES_OF_F0 for attack in ATTACKS)
    assert project.ran("attack_batch", "classifier", "attack", "batch") == own
    assert jobs == summary("folded", "first", describe_study=1, list_batch=len(own), attack_batch=len(own))


def a_study_for_a_gpu_says_so_where_there_is_none(project, before, recordings):
    target = "results/attacks/first/descent/F2"
    others = contents(project.results / "attacks/first/control")
    project.edit_config(lambda config: config.update(predictor={"engine": "tensorflow"}))
    assert project.run(target, succeed=False, CUDA_VISIBLE_DEVICES="") == Counter(attack=1)
    assert project.process.returncode != 0
    complaints = {line for line in project.output.splitlines() if "echoshift: error:" in line}
    assert len(complaints) == 1 and "predictor.engine: tensorflow: found no GPU" in complaints.pop()
    assert project.tables() == before.tables() and contents(project.results / "attacks/first/control") == others

    project.edit_config(lambda config: config["predictor"].update(allow_cpu=True))
    assert project.run(target, CUDA_VISIBLE_DEVICES="") == Counter(attack=1)
    record = json.loads((project.folder / target / "record.json").read_text())
    assert (record["predictor"]["engine"], record["predictor"]["device"]) == ("tensorflow", "CPU")


SCENES = [
    a_deleted_result_reruns_one_attack,
    a_deleted_store_stops_the_summary_which_names_the_repair,
    a_result_of_an_earlier_sheet_is_refused,
    without_the_profile_a_touched_large_file_counts_as_new,
    what_is_typed_to_preview_and_to_force,
    batches_have_the_same_records_and_rerun_whole,
    a_study_for_a_gpu_says_so_where_there_is_none,
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_repair(scene, played):
    played[scene].result()
