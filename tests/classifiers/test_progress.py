"""What a training says: nothing if it is short, else a line for each epoch in the log and on the screen."""

import logging
import os
import pty
import subprocess
import sys

import pytest

from echoshift.classifiers.training.progress import LOG, log_epoch, log_resumed, log_step
from echoshift.classifiers.training.transfer_learning import train
from echoshift.cli import progress
from echoshift.cli.progress import ProgressHandler, progress_shown

ROW = {"phase": "blocks", "epoch": 2, "loss": 0.5, "validation_loss": 0.25, "validation_accuracy": 0.75}
LINE = "blocks: epoch 2 of at most 8: loss 0.5000, validation loss 0.2500, validation accuracy 0.750 (61 s)"


def test_a_short_training_says_nothing(training_set, settings, capfd):
    with progress_shown("echoshift.training", "model", patience=1000):
        train(training_set, settings)
    assert capfd.readouterr() == ("", "")


def test_each_epoch_is_a_line(training_set, settings, capfd):
    update = {"epochs": 2, "trained_blocks": 1, "fine_tuning_epochs": 2}
    with progress_shown("echoshift.training", "model", patience=0):
        trained = train(training_set, settings.model_copy(update=update))
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == len(trained.history) == 4
    for line, row in zip(lines, trained.history, strict=True):
        phase = row["phase"].replace("_", " ")
        assert line.startswith(f"{phase}: epoch {row['epoch']} of at most 2: loss {row['loss']:.4f}, ")
    assert not any(isinstance(handler, ProgressHandler) for handler in LOG.handlers) and LOG.level == logging.NOTSET


def test_lines_wait_until_the_work_is_long(monkeypatch, capfd):
    now = 0.0
    monkeypatch.setattr(progress, "monotonic", lambda: now)
    with progress_shown("echoshift.training", "model", patience=2):
        log_resumed("blocks", 1)
        now = 1.9
        log_step("blocks", 2, 1, 2)
        assert capfd.readouterr().err == ""
        now = 2.0
        log_epoch(ROW, 8, 61.4)
        assert capfd.readouterr().err.splitlines() == ["blocks: resumed after epoch 1", LINE]


CODE = f"""
import sys
from pathlib import Path
from echoshift.classifiers.training.progress import log_epoch, log_step
from echoshift.cli.progress import progress_shown
from echoshift.cli.screen import redirect
redirect(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
with progress_shown("echoshift.training", "folder/model", patience=0):
    for step in (1, 2):
        log_step("blocks", 2, step, 2)
    log_epoch({ROW}, 8, 61.4)
"""


def test_with_a_log_the_lines_are_in_it_and_on_the_screen(tmp_path):
    log = tmp_path / "train.log"
    done = subprocess.run([sys.executable, "-c", CODE, log], capture_output=True, text=True, check=True)
    assert log.read_text() == f"{LINE}\n"
    assert done.stderr == f"folder/model: {LINE}\n"


def test_the_screen_that_jobs_share_gets_a_line_every_few_seconds(monkeypatch, capfd, tmp_path):
    now = 0.0
    monkeypatch.setattr(progress, "monotonic", lambda: now)
    with (tmp_path / "screen").open("w") as shared:
        monkeypatch.setattr(progress, "screen", lambda: shared)
        with progress_shown("echoshift.training", "model", patience=2):
            for now in range(8):
                log_epoch(ROW | {"epoch": now}, 8, now)
    assert [line.split()[2] for line in capfd.readouterr().err.splitlines()] == list("01234567")
    assert [line.split()[3] for line in (tmp_path / "screen").read_text().splitlines()] == list("0357")[0:1] + list(
        "46"
    )


def test_on_a_terminal_there_is_a_bar():
    control, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run([sys.executable, "-c", CODE], stderr=terminal, env=environment, check=False)
    os.close(terminal)
    shown = b""
    with pytest.raises(OSError), os.fdopen(control, "rb", buffering=0) as screen:  # ends when all is read
        while True:
            shown += screen.read(4096)
    assert done.returncode == 0
    assert b"blocks: epoch 2" in shown and b"\xe2\x94\x81" in shown and b"100%" in shown
    assert LINE.encode() in shown
