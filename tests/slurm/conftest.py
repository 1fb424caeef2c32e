"""A real Slurm, and a small study run locally as the reference."""

import os
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from cluster import Cluster, missing
from slurm_project import SlurmProject
from study_project import tiny_config, tiny_sheet


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """One node with two fake GPUs."""
    if reason := missing():
        (pytest.fail if os.environ.get("ECHOSHIFT_CI") else pytest.skip)(f"no Slurm here: {reason}")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


@pytest.fixture(scope="session")
def empty_study(tmp_path_factory, programs):
    """Function that makes the folder of a small study: three frames, one model, two attacks. Jobs are warm processes."""

    def make():
        config = tiny_config()
        del config["classifiers"]["folded"]
        folder = tmp_path_factory.mktemp("study")
        (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        (folder / "frames.csv").write_text(tiny_sheet("frame", 3))
        (folder / "images.csv").write_text(tiny_sheet("image", 4))
        return SlurmProject(folder, programs=programs)

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
    return local.copy_before_attacks(tmp_path_factory.mktemp("copy"))
