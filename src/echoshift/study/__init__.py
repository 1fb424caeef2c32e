"""A study as described by the user: the configuration and the two sheets, checked and resolved.

Imports neither NumPy nor pandas, because every job of a workflow loads the study at startup.
"""

from echoshift.study.loading import load_study
from echoshift.study.study import Study

__all__ = ["Study", "load_study"]
