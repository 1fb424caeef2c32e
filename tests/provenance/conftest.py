import shutil
from pathlib import Path

import pytest

from provenance.fabricated import fabricate


@pytest.fixture(scope="session")
def fabricated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("fabricated")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fabricate()
    return folder


@pytest.fixture
def study(fabricated, tmp_path, monkeypatch) -> Path:
    """Results folder of a copy, relative to the working directory like the paths in its tables."""
    shutil.copytree(fabricated, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("results")
