"""Print the conda environment for `snakemake --sdm conda`: Python, and the packages of the lock through pip.

python envs/conda_from_lock.py > envs/conda.yaml
"""

import re
from pathlib import Path

LOCK = Path(__file__).with_name("requirements.lock")


def conda_environment() -> str:
    """The environment as YAML text."""
    pins = re.findall(r"^([A-Za-z0-9_.-]+==[^\s\\;]+)", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [
        "channels:",
        "  - conda-forge",
        "  - nodefaults",
        "dependencies:",
        "  - python=3.11",
        "  - pip",
        "  - pip:",
    ]
    return "\n".join([*lines, *(f"      - {pin}" for pin in pins)]) + "\n"


if __name__ == "__main__":
    print(conda_environment(), end="")
