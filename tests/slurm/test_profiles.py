"""What the profiles say, without a cluster."""

import re

import pytest
import yaml
from slurm_project import PROFILES, SlurmProject

RULES = PROFILES.parent / "rules"
PROBE = ["--snakefile", PROFILES.parents[1] / "tests/slurm/probe.smk", "--until", "attack", "--cores", "4"]


def profile(name):
    return yaml.safe_load((PROFILES / name / "config.yaml").read_text())


def rules():
    """Text of each rule and checkpoint, by name."""
    text = "\n".join(path.read_text() for path in RULES.glob("*.smk"))
    parts = re.split(r"^(?:rule|checkpoint) (\w+):$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", ["slurm", "slurm-batched"])
def test_every_rule_that_a_cluster_runs_has_its_memory_and_time_in_the_profile(name):
    submitted = {rule for rule, text in rules().items() if "localrule: True" not in text}
    resources = profile(name)["set-resources"]
    assert set(resources) == submitted
    for one in resources.values():
        assert all(one[key].endswith("* attempt") for key in ("mem_mb", "runtime"))


def test_rules_say_nothing_of_a_cluster():
    for rule, text in rules().items():
        assert not re.search(r"^    (resources|group|retries):", text, flags=re.MULTILINE), rule


def test_the_two_cluster_profiles_differ_in_the_attacks_alone():
    one, many = profile("slurm"), profile("slurm-batched")
    assert many.pop("resources") == {"gpu": 1} and many.pop("set-resource-scopes") == {"gpu": "local"}
    for key in ("attack", "attack_batch"):
        assert "gpu" not in one["set-resources"].pop(key)
        assert many["set-resources"].pop(key)["gpu"] == 1
    assert many["groups"].pop("attack") == "attacks" and many["group-components"].pop("attacks") > 1
    assert one == many


def test_every_profile_compares_large_files_by_content():
    for path in PROFILES.glob("*/config.yaml"):
        assert yaml.safe_load(path.read_text())["max-checksum-file-size"] == "4GB"


@pytest.mark.parametrize(("gpus", "together"), [([], 4), (["--resources", "gpu=2"], 2)])
def test_on_one_machine_attacks_run_side_by_side_as_far_as_there_are_gpus(tmp_path, gpus, together):
    project = SlurmProject(tmp_path)
    project.run(*PROBE, *gpus)
    times = [path.read_text().split()[2:] for path in (tmp_path / "attacks").glob("*.txt")]
    starts, ends = ([float(time) for time in one] for one in zip(*times, strict=True))
    assert len(starts) == 4
    assert max(sum(starts[i] <= start < ends[i] for i in range(4)) for start in starts) == together
