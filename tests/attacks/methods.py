"""Searches that a budget ends. A lattice is asked whole or not at all."""

from importlib import import_module

from echoshift.attacks.searches import SEARCHES

BUDGETED = [method for method, module in SEARCHES.items() if not import_module(module).Settings.exhaustive]
