"""Print tables and warnings for users."""

import sys
from collections.abc import Iterable, Mapping


def print_facts(title: str, facts: Mapping[str, str]) -> None:
    """Print a table of names and values."""
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "value", title=title, title_justify="left")
    for name, value in facts.items():
        table.add_row(name, value)
    Console().print(table)


def print_warnings(warnings: Iterable[object]) -> None:
    """Print each warning as one line on stderr."""
    for warning in warnings:
        print(f"echoshift: warning: {' '.join(str(warning).split())}", file=sys.stderr)
