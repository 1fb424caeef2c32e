"""A progress bar for work that is usually too short to need one."""

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds before the bar appears."""


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
