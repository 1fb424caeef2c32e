"""Progress of work that is usually too short to need it: a bar, or lines in the log and on the screen."""

import logging
import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TypeVar

from echoshift.cli.screen import screen

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds before anything appears."""


def track_if_long(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    """Yield the items, and show a bar on stderr if they take longer than a few seconds."""
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True))
    task, start = progress.add_task(description, total=total), monotonic()
    try:
        for item in items:
            yield item
            progress.advance(task)
            if monotonic() - start > PATIENCE:
                progress.start()  # repeated calls have no effect
    finally:
        if progress.live.is_started:
            progress.stop()


class ProgressHandler(logging.Handler):
    """Prints the records of one piece of work on stderr once it has taken longer than a few seconds.

    If stderr is a log, a line (INFO) also goes to the screen, which several jobs may share: at most one every few seconds. If
    stderr is a terminal, records that carry `done` and `total` move a bar.

    Parameters
    ----------
    title : str
        What is worked on, for the screen.
    patience : float
        Seconds from the first record, and between lines on the screen.
    """

    def __init__(self, title: str, patience: float = PATIENCE) -> None:
        super().__init__()
        self._title, self._patience = title, patience
        self._start: float | None = None
        self._shown = -math.inf
        self._waiting: list[str] = []
        self._bar = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep or print a record."""
        now = monotonic()
        self._start = now if self._start is None else self._start
        if not hasattr(record, "done"):
            self._waiting.append(record.getMessage())
        if now - self._start < self._patience:
            return
        if sys.stderr.isatty():
            self._move_bar(record)
        while self._waiting:
            self._print(self._waiting.pop(0))

    def _print(self, line: str) -> None:
        if self._bar:
            self._bar.console.print(line, markup=False, highlight=False)
            return
        with suppress(OSError):  # a log on a full disk
            print(line, file=sys.stderr, flush=True)
            if screen() and monotonic() - self._shown >= self._patience:
                print(f"{self._title}: {line}", file=screen(), flush=True)
                self._shown = monotonic()

    def _move_bar(self, record: logging.LogRecord) -> None:
        from rich.console import Console
        from rich.progress import Progress

        if self._bar is None:
            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self._title)
            self._bar.start()
        if hasattr(record, "done"):
            self._bar.update(self._task, description=record.getMessage(), completed=record.done, total=record.total)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar:
            self._bar.stop()
        super().close()


@contextmanager
def progress_shown(logger: str, title: str, patience: float = PATIENCE) -> Iterator[None]:
    """Show the records of a logger while the block runs. `title` and `patience` as for `ProgressHandler`."""
    source, handler = logging.getLogger(logger), ProgressHandler(title, patience)
    level, source.propagate = source.level, False
    source.addHandler(handler)
    source.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        source.removeHandler(handler)
        source.setLevel(level)
        handler.close()
