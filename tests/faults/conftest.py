"""What the tests of faults share."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "workflow")]

from disturbed import DisturbedProject  # noqa: E402


@pytest.fixture
def disturbed(project):
    """A copy of the finished study; whatever still runs in it is killed in the end."""
    disturbed = DisturbedProject(project.folder)
    yield disturbed
    disturbed.end()
