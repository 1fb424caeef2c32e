"""What the tests of faults share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from disturbed import DisturbedProject


@pytest.fixture
def disturbed(project):
    """A copy of the finished study; whatever still runs in it is killed in the end."""
    disturbed = DisturbedProject(project.folder)
    yield disturbed
    disturbed.end()
