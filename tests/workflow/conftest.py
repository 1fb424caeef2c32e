"""Tiny studies, each run once. Tests edit copies of them and count the jobs that run."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from rerun_study import rerun_config, rerun_sheet
from study_project import Project, tiny_sheet


@pytest.fixture(scope="session")
def recordings(tmp_path_factory):
    """Files of three full-size RF frames, all healthy: F5, F6, and a replacement for F5."""
    folder = tmp_path_factory.mktemp("recordings")
    for name in ("F5", "F6", "other"):
        command = [sys.executable, "-m", "echoshift", "simulate", "frame", "--id", name, "--label", "0", "--seed", "1"]
        subprocess.run([*command, "-o", folder / f"{name}.h5"], check=True)
    return folder


@pytest.fixture(scope="session")
def settled(tmp_path_factory, recordings, programs):
    """The study for the rerun tests, after its first run."""
    project = Project(tmp_path_factory.mktemp("study"), programs=programs)
    project.write(rerun_config(), rerun_sheet(), tiny_sheet("image", 8))
    shutil.copytree(recordings, project.folder / "recorded")
    (project.folder / "recorded/other.h5").unlink()
    project.run()
    return project


@pytest.fixture(scope="session")
def played(request, settled, recordings, tmp_path_factory):
    """Futures of the collected scenes, by name. Two play at a time, each on a copy and on one core.

    Jobs are warm processes unless a scene requests cold ones. If that changed a model or a table, scenes that expect
    unchanged ones would fail.
    """
    scenes = [item.callspec.params["scene"] for item in request.session.items if "played" in item.fixturenames]

    def play(scene):
        scene(settled.copy(tmp_path_factory.mktemp("copy"), cores=1), settled, recordings)

    with ThreadPoolExecutor(2) as pool:
        yield {scene: pool.submit(play, scene) for scene in scenes}
        pool.shutdown(cancel_futures=True)
