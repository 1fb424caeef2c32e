"""Fixtures shared by many tests."""

import os
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "workflow")]

from study_project import Project, tiny_config, tiny_sheet  # noqa: E402
from warm import warm_python  # noqa: E402

from common import ROOT, speckle_frame  # noqa: E402

GROUPS = {
    "workflow/test_re": "reruns",
    "workflow/": "finished",
    "faults/": "finished",
    "console/test_content": "finished",
    "console/test_explore": "finished",
    "console/test_page": "finished",
    "slurm/": "slurm",
    "scale/": "scale",
}
"""Groups of tests, by path prefix, that share an expensive study. The longest group is first. Others run file by file."""


def group(nodeid):
    """Group or file of a test. One process runs its tests in sequence."""
    path = nodeid.split("::")[0]
    return next((name for start, name in GROUPS.items() if path.startswith(f"tests/{start}")), path)


def pytest_collection_modifyitems(items):
    """Start with the groups, which take longest, when tests run in parallel (`pytest -n 2`)."""
    order = list(dict.fromkeys(GROUPS.values()))
    items.sort(key=lambda item: order.index(found) if (found := group(item.nodeid)) in order else len(order))


def pytest_xdist_make_scheduler(config, log):
    """Schedule by `group`, because this pytest does not pass on xdist's own group marks."""
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler


@pytest.fixture
def frame():
    return speckle_frame()


@pytest.fixture(scope="session")
def recording():
    """The real recording of a convex probe, if available."""
    folder = Path(os.environ.get("ECHOSHIFT_DATA", ROOT.parent / "shared" / "data"))
    path = folder / "eye_round" / "EyeRoundOverChuck_5.0MHz_20V.mha"
    if not path.is_file():
        pytest.skip("the real recording is not available (set ECHOSHIFT_DATA to its folder)")
    return path


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """Folder of a `python` that runs jobs in warm processes."""
    with warm_python(tmp_path_factory.mktemp("programs")) as folder:
        yield folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory, programs):
    """The tiny study after its first run."""
    project = Project(tmp_path_factory.mktemp("study"), programs=programs)
    project.write(tiny_config(), tiny_sheet("frame", 8), tiny_sheet("image", 12))
    project.first_run = project.run()
    return project


@pytest.fixture
def project(finished, tmp_path_factory):
    """A copy of the tiny study."""
    return finished.copy(tmp_path_factory.mktemp("copy"))
