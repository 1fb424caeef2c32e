"""Ten pictures of ten patients, simulated once."""

import pytest
from suspicious import LABELS, default_picture


@pytest.fixture(scope="session")
def pictures():
    return {name: default_picture(name) for name in LABELS}
