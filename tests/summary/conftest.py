import copy
import shutil
from pathlib import Path

import pytest

from summary.fake_study import FakeStudy, fake_study


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> FakeStudy:
    """The shared study; tests that change it use a copy."""
    return fake_study(tmp_path_factory.mktemp("study") / "results").build()


@pytest.fixture
def study(built: FakeStudy, tmp_path: Path) -> FakeStudy:
    """A copy that a test may change."""
    shutil.copytree(built.results, tmp_path / "results")
    own = copy.deepcopy(built)
    own.results = tmp_path / "results"
    own.write_selected()  # its tables contain folder paths
    return own
