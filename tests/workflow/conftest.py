"""A tiny study, run once for real; each test edits a copy of it and counts the jobs that run."""

import shutil
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from study_project import Project, tiny_config, tiny_sheet


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The tiny study after its first run."""
    project = Project(tmp_path_factory.mktemp("study"))
    (project.folder / "config.yaml").write_text(yaml.safe_dump(tiny_config(), sort_keys=False))
    (project.folder / "frames.csv").write_text(tiny_sheet("frame", 8))
    (project.folder / "images.csv").write_text(tiny_sheet("image", 12))
    project.first_run = project.run()
    return project


@pytest.fixture
def project(finished, tmp_path_factory):
    """A copy with its time stamps and Snakemake's records, as deep as the original: inputs are known by relative paths."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(finished.folder, folder, symlinks=True, dirs_exist_ok=True)
    return Project(folder)
