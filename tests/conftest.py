"""Fixtures that many tests share."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from common import ROOT, speckle_frame


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
