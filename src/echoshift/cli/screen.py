"""The screen, also for a command whose messages go to a log."""

import os
from pathlib import Path
from typing import TextIO

_screen: TextIO | None = None


def redirect(log: Path | None) -> None:
    """Redirect messages (stderr) to a file. What is important also goes to the `screen`."""
    if log is None:
        return
    global _screen
    _screen = os.fdopen(os.dup(2), "w")
    with log.open("w") as file:
        os.dup2(file.fileno(), 2)


def screen() -> TextIO | None:
    """The screen if messages go to a log, else None."""
    return _screen
