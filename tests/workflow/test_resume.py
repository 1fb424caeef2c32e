"""What `make resume` removes before it continues, and what it keeps."""

import json
import os
import subprocess
import sys
import time

import pytest

from common import ROOT
from echoshift.errors import EchoShiftError
from echoshift.study.config_file import check_config_file

SCHEDULER = ".snakemake/echoshift/scheduler.json"


def clean_up(project):
    done = subprocess.run(
        [sys.executable, ROOT / "workflow/resume.py"], cwd=project.folder, capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()


def test_outputs_that_a_killed_run_did_not_record_and_drafts_go(project):
    assert clean_up(project) == []
    path = project.folder / SCHEDULER
    path.write_text(json.dumps({**json.loads(path.read_text()), "started": time.time() - 1}))
    unheard = project.results / "reconstructions/F1.sha256"
    unheard.write_text(unheard.read_text())  # like a cluster job that ends after its scheduler
    older = project.results / "reconstructions/F2.sha256"
    os.utime(older, (1, 1))  # copied from elsewhere, before the run
    draft = project.results / "attacks/once/descent/.F0.0a1b2c3d.draft"
    draft.mkdir()
    assert clean_up(project) == [
        "Removing an output that a killed run did not record: results/reconstructions/F1.sha256",
        "Removing a draft of a killed job: results/attacks/once/descent/.F0.0a1b2c3d.draft",
    ]
    assert not unheard.exists() and not draft.exists() and older.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, r"study.yaml: cannot be read \(No such file or directory\), expected the study's configuration"),
        ("", "study.yaml: found an empty file, expected keys and values"),
        ("- 1", "study.yaml: found a list, expected keys and values"),
        ("seed: 1\nclasses: [a, b\ncohorts: x\n", "study.yaml line 3: not valid YAML"),
    ],
)
def test_a_configuration_file_that_cannot_be_read_is_one_line(project, text, expected):
    path = project.folder / "study.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(EchoShiftError, match=expected):
        check_config_file(path)
    (project.folder / "config.yaml").unlink()
    if text is not None:
        path.rename(project.folder / "config.yaml")
    assert not project.run(succeed=False)
    lines = [line for line in project.process.stderr.splitlines() if not line.startswith("Using workflow specific")]
    assert len(lines) == 1 and lines[0].startswith("echoshift: error: config.yaml"), project.output
