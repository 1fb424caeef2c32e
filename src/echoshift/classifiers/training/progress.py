"""What a training says about its progress, as log records. Who calls it decides where they go."""

import logging
from typing import Any

LOG = logging.getLogger("echoshift.training")
"""One line (INFO) for each epoch. Steps (DEBUG) carry `done` and `total`, for a bar."""


def _words(phase: str) -> str:
    return phase.replace("_", " ")


def log_epoch(row: dict[str, Any], epochs: int, seconds: float) -> None:
    """Log a row of the history. `seconds` have passed since the phase began or was resumed."""
    LOG.info(
        "%s: epoch %d of at most %d: loss %.4f, validation loss %.4f, validation accuracy %.3f (%.0f s)",
        _words(row["phase"]),
        row["epoch"],
        epochs,
        row["loss"],
        row["validation_loss"],
        row["validation_accuracy"],
        seconds,
    )


def log_resumed(phase: str, epoch: int) -> None:
    """Log that a killed training goes on after an epoch."""
    LOG.info("%s: resumed after epoch %d", _words(phase), epoch)


def log_step(phase: str, epoch: int, done: int, total: int) -> None:
    """Log a step of an epoch."""
    LOG.debug("%s: epoch %d", _words(phase), epoch, extra={"done": done, "total": total})
