"""A progress bar for work that is mostly too short for one."""

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds without a bar."""


def track_if_long(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    """Pass the items on; a bar appears on stderr once they have taken a few seconds."""
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True))
    task, start = progress.add_task(description, total=total), monotonic()
    try:
        for item in items:
            yield item
            progress.advance(task)
            if monotonic() - start > PATIENCE:
                progress.start()  # again and again does nothing
    finally:
        if progress.live.is_started:
            progress.stop()
