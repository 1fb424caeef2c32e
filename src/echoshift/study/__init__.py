"""A study as described by the user: the configuration and the two sheets, checked and resolved.

Imports neither NumPy nor pandas, because every job of a workflow loads the study at startup.
"""

from echoshift.study.study import Study, load_study

__all__ = ["Study", "load_study"]
