"""What `make resume` removes before it continues, and what it keeps."""

import json
import os
import time

SCHEDULER = ".snakemake/echoshift/scheduler.json"


def test_outputs_that_a_killed_run_did_not_record_and_drafts_go(project):
    assert project.clean_up() == []
    path = project.folder / SCHEDULER
    path.write_text(json.dumps({**json.loads(path.read_text()), "started": time.time() - 1}))
    unheard = project.results / "reconstructions/F1.sha256"
    unheard.write_text(unheard.read_text())  # like a cluster job that ends after its scheduler
    older = project.results / "reconstructions/F2.sha256"
    os.utime(older, (1, 1))  # copied from elsewhere, before the run
    draft = project.results / "attacks/once/descent/.F0.0a1b2c3d.draft"
    draft.mkdir()
    assert project.clean_up() == [
        "Removing an output that a killed run did not record: results/reconstructions/F1.sha256",
        "Removing a draft of a killed job: results/attacks/once/descent/.F0.0a1b2c3d.draft",
    ]
    assert not unheard.exists() and not draft.exists() and older.exists()
