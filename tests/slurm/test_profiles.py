"""Contents of the profiles, tested without a cluster."""

import re

import pytest
import yaml
from study_project import PROFILES, Project

from common import ROOT

RULES = ROOT / "workflow/rules"
PROBE = ["--snakefile", ROOT / "tests/slurm/probe.smk", "--until", "attack", "--cores", "4"]


def profile(name):
    return yaml.safe_load((PROFILES / name / "config.yaml").read_text())


def rules():
    """Text of each rule and checkpoint, by name, after that of the rule from which it inherits."""
    text = "\n".join(path.read_text() for path in RULES.glob("*.smk"))
    parts = re.split(r"^(?:rule|checkpoint|use rule (\w+) as) (\w+)(?: with)?:$", text, flags=re.MULTILINE)
    own = dict(zip(parts[2::3], parts[3::3], strict=True))
    return {name: own.get(base, "") + own[name] for base, name in zip(parts[1::3], own, strict=True)}


@pytest.mark.parametrize("name", ["slurm", "slurm-batched"])
def test_every_rule_that_a_cluster_runs_has_its_memory_and_time_in_the_profile(name):
    submitted = {rule for rule, text in rules().items() if "localrule: True" not in text}
    resources = profile(name)["set-resources"]
    assert set(resources) == submitted
    for one in resources.values():
        assert all(one[key].endswith("* attempt") for key in ("mem_mb", "runtime"))


def test_rules_say_nothing_of_a_cluster():
    """Except for the number of the attempt, which retries on a cluster increase."""
    for rule, text in rules().items():
        assert not re.search(r"^    (group|retries):", text, flags=re.MULTILINE), rule
        resources = re.findall(r"^    resources:\n((?:        .*\n)*)", text, flags=re.MULTILINE)
        assert resources in ([], ["        attempt=lambda wildcards, attempt: attempt,\n"]), rule


def test_the_two_cluster_profiles_differ_in_the_attacks_alone():
    one, many = profile("slurm"), profile("slurm-batched")
    of_one, of_many = one["set-resources"].pop("attack"), many["set-resources"].pop("attack")
    assert set(of_one) == {"mem_mb", "runtime"} and set(of_many) == {*of_one, "gpu", "frames_per_job"}
    assert of_many["gpu"] == 1 and of_many["frames_per_job"] > 1
    assert one == many


def test_every_profile_compares_large_files_by_content():
    for path in PROFILES.glob("*/config.yaml"):
        assert yaml.safe_load(path.read_text())["max-checksum-file-size"] == "4GB"


@pytest.mark.parametrize(("gpus", "together"), [([], 4), (["--resources", "gpu=2"], 2)])
def test_on_one_machine_attacks_run_side_by_side_as_far_as_there_are_gpus(tmp_path, gpus, together):
    Project(tmp_path).run(*PROBE, *gpus)
    times = [path.read_text().split()[2:] for path in (tmp_path / "attacks").glob("*.txt")]
    starts, ends = ([float(time) for time in one] for one in zip(*times, strict=True))
    assert len(starts) == 4
    assert max(sum(starts[i] <= start < ends[i] for i in range(4)) for start in starts) == together
