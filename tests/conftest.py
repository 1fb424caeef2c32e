"""Fixtures that many tests share."""

import os
import sys
from pathlib import Path

import pytest
import yaml

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "workflow")]

from study_project import Project, copied, tiny_config, tiny_sheet  # noqa: E402

from common import ROOT, speckle_frame  # noqa: E402

STUDIES = {"played": "reruns", "finished": "finished", "cluster": "slurm", "found": "scale"}
"""Fixtures that take long to make, and the group of the tests that share each: one process makes it once."""


def pytest_collection_modifyitems(items):
    """Several processes (`pytest -n 2`) share the tests by groups, the longest first; other tests by file."""
    groups = {item: next((STUDIES[name] for name in STUDIES if name in item.fixturenames), None) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group or item.path.name))
    order = [*STUDIES.values(), None]
    items.sort(key=lambda item: order.index(groups[item]))


@pytest.fixture
def frame():
    return speckle_frame()


@pytest.fixture(scope="session")
def recording():
    """The real recording of a convex probe, where it is at hand."""
    folder = Path(os.environ.get("ECHOSHIFT_DATA", ROOT.parent / "shared" / "data"))
    path = folder / "eye_round" / "EyeRoundOverChuck_5.0MHz_20V.mha"
    if not path.is_file():
        pytest.skip("the real recording is not here (set ECHOSHIFT_DATA to its folder)")
    return path


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
    return Project(copied(finished.folder, tmp_path_factory))
