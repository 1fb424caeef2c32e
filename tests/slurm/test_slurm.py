"""The same study on a real Slurm: same bytes, resources of its jobs, and their outputs."""

import re
import shutil

import pytest
from cluster import wait_until
from slurm_project import SlurmProject
from study_project import COLD, PROFILE, PROFILES, TARGETS

from common import ROOT


@pytest.fixture(scope="session")  # like `local`, which would otherwise be made first
def runs(request, cluster, empty_study, tmp_path_factory):
    """All runs in parallel, because a run on a cluster mostly waits.

    `slurm` runs the study from scratch, while it is edited. `slurm-batched`, which differs only in the attacks
    (test_profiles.py), runs the steps after the selection. So does `damaged`, in which one frame cannot be attacked.
    `slurm-batched` uses ordinary processes, the others use warm ones.
    """
    runs = {
        "slurm": empty_study(),
        "probe": SlurmProject(tmp_path_factory.mktemp("probe"), profile=PROFILES / "slurm-batched"),
    }
    runs["slurm"].start_on("slurm")
    runs["probe"].start("--snakefile", ROOT / "tests/slurm/probe.smk", "--keep-going")
    wait_until((runs["slurm"].folder / ".snakemake/echoshift/scheduler.json").is_file, 60, "start of a run")
    # A job that read the configuration again would fail, one that read the sheet would make something else.
    (runs["slurm"].folder / "config.yaml").write_text("seed: [2")
    runs["slurm"].edit_frames("F0", label="1", beta_min="0.75")
    local = request.getfixturevalue("local")  # locally, in the meantime
    runs["slurm-batched"] = local.copy_before_attacks(tmp_path_factory.mktemp("copy"), programs=COLD)
    runs["slurm-batched"].start_on("slurm-batched")
    runs["damaged"] = local.copy_before_attacks(tmp_path_factory.mktemp("copy"))
    envelope(runs["damaged"], local.attacks[0].name).write_bytes(b"")
    runs["damaged"].start_on("slurm-batched", "--retries", "0")
    for name, run in runs.items():
        run.finish(succeed=name != "damaged")
    return runs


def envelope(study, frame):
    """The file with a frame's envelope."""
    return study.results / f"reconstructions/{frame}/reconstruction.zarr/envelope/c/0/0"


@pytest.mark.parametrize("profile", ["slurm", "slurm-batched"])
def test_a_cluster_gives_the_same_bytes_as_one_machine(runs, local, profile):
    expected = local.digests()
    assert {"summary/frames.csv", "summary/summary.json", "selected.csv"} < set(expected)
    assert sum(name.startswith("attacks/") and name.endswith("record.json") for name in expected) == len(local.attacks)
    found = runs[profile].digests()
    assert set(found) == set(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


def test_each_attack_is_a_job_of_its_own(runs, local):
    jobs = runs["slurm"].jobs("rule_attack_")
    names = {"_".join(attack.parts[1:]) for attack in local.attacks}
    assert {job.purpose.removeprefix("rule_attack_wildcards_") for job in jobs} == names
    assert len(jobs) == len(names)


def test_many_attacks_are_one_job(runs, local):
    batches = {"_".join((*attack.parts[1:3], "all-0")) for attack in local.attacks}
    assert 1 < len(batches) < len(local.attacks)
    jobs = runs["slurm-batched"].jobs("rule_attack_")
    assert sorted(job.purpose.removeprefix("rule_attack_wildcards_") for job in jobs) == sorted(batches)


def test_an_attack_that_fails_costs_none_of_its_batch(runs, local):
    """The other frames, including later ones, are kept and not made again when the failed frame is repaired."""
    study, first = runs["damaged"], local.attacks[0].name
    others = [attack for attack in local.attacks if attack.name != first]
    assert others and study.attacks == others
    records = [study.results / attack / "record.json" for attack in others]
    before = [path.stat().st_mtime_ns for path in records]
    shutil.copy(envelope(local, first), envelope(study, first))
    study.profile = PROFILE
    study.run(*TARGETS)
    assert [path.stat().st_mtime_ns for path in records] == before
    assert study.digests() == local.digests()


@pytest.mark.parametrize("profile", ["slurm", "slurm-batched"])
def test_each_job_leaves_a_log(runs, profile):
    logs = {path.stem: path for path in runs[profile].results.glob("logs/slurm/**/*.log")}
    assert set(logs) == {job.id for job in runs[profile].jobs()}
    assert all("Finished" in path.read_text() for path in logs.values())


def test_jobs_side_by_side_have_a_gpu_each(runs):
    rows = [path.read_text().split() for path in (runs["probe"].folder / "attacks").glob("*.txt")]
    times = {}
    for _, device, start, end in rows:
        times.setdefault(device, []).append((float(start), float(end)))
    assert len(rows) == 4 and set(times) == {"0", "1"}
    for (_, end), (start, _) in (sorted(of_device) for of_device in times.values()):
        assert end <= start


def test_what_a_job_asks_for_grows_with_the_attempt(runs):
    tries = (runs["probe"].folder / "tries.txt").read_text().splitlines()
    found = [tuple(map(int, re.match(r"TimeLimit=(\d+):00:00 MinMemoryNode=(\d+)M", line).groups())) for line in tries]
    assert found == [(2, 4000), (4, 8000)]  # hours, MB


@pytest.mark.parametrize(
    ("outputs", "edit"),
    [
        pytest.param(
            "reconstructions/*.sha256",
            lambda config: config["reconstruction"].update(settings={"alpha_l": 9.0}),
            marks=pytest.mark.thorough,
        ),
        ("attacks/*/*/*/record.json", lambda config: config["attacks"]["descent"]["settings"]["beta"].update(min=0.75)),
    ],
    ids=["reconstructions", "attacks"],
)
def test_what_a_killed_scheduler_had_not_heard_of_is_made_again(cluster, local, tmp_path, outputs, edit):
    """One job of the edited run is finished, the others in its allocation are not. The scheduler has recorded none."""
    study = local.copy(tmp_path / "study", programs=COLD)
    before = {path: path.read_bytes() for path in study.results.glob(outputs)}

    def a_new_one():
        return any(path.is_file() and path.read_bytes() != before.get(path) for path in study.results.glob(outputs))

    study.edit_config(edit)
    study.start_on("slurm-batched")
    try:
        wait_until(a_new_one, 90, "an output of the edited study")
    finally:
        study.process.kill()
        study.process.wait()
    shutil.copy(local.folder / "config.yaml", study.folder)
    study.resume(*TARGETS)
    assert study.digests() == local.digests()
