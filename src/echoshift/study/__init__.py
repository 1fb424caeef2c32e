"""A study as its user describes it: the configuration and the two sheets, checked and resolved.

Imports neither NumPy nor pandas: every job of a workflow reads the study again when it starts.
"""

from echoshift.study.study import Study, load_study

__all__ = ["Study", "load_study"]
