"""Fixtures shared by the fault tests."""

import pytest
from disturbed import DisturbedProject


@pytest.fixture
def disturbed(project):
    """A copy of the finished study. Processes still running in it are killed at the end."""
    disturbed = DisturbedProject(project.folder)
    yield disturbed
    disturbed.end()
