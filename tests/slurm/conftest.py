"""A real Slurm, and a small study run locally as the reference."""

import os

import pytest
from cluster import missing, running
from slurm_project import SlurmProject
from study_project import COLD, tiny_config, tiny_sheet


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """One node with two fake GPUs."""
    if reason := missing():
        (pytest.fail if os.environ.get("ECHOSHIFT_CI") else pytest.skip)(f"no Slurm here: {reason}")
    with running(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def empty_study(tmp_path_factory, programs):
    """Function that makes the folder of a small study: three frames, one model, two attacks. Jobs are warm processes."""

    def make():
        config = tiny_config()
        del config["classifiers"]["folded"]
        project = SlurmProject(tmp_path_factory.mktemp("study"), programs=programs)
        project.write(config, tiny_sheet("frame", 3), tiny_sheet("image", 4))
        return project

    return make


@pytest.fixture(scope="session")
def local(empty_study):
    """The study, run locally."""
    project = empty_study()
    project.run("--until", "summarise")
    assert len(project.attacks) > 2
    return project


@pytest.fixture
def before_attacks(local, tmp_path_factory):
    """The reference without its attacks and later results."""
    return local.copy_before_attacks(tmp_path_factory.mktemp("copy"), programs=COLD)
