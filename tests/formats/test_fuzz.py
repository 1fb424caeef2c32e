"""A few hundred damaged files of all formats. `python tests/formats/fuzz.py` runs any number of them."""

import os
import signal

import fuzz

from echoshift.formats import IMPORTERS


def test_damaged_files_give_a_frame_or_one_line(tmp_path):
    bases = fuzz.bases(tmp_path)
    found = fuzz.run(bases, seed=0, numbers=list(range(500)))
    table, failures = fuzz.summary(bases, found)
    assert not failures, "\n".join(failures)
    assert len(found) == 500
    outcomes = set(found.values())
    assert outcomes == {"read", "refused"}, table
    formats = {name.rpartition(".")[2] for name in IMPORTERS}
    assert {base.format for base in bases} == formats | {"sidecar", "description", *fuzz.PICTURES}


def test_crashes_hangs_and_leaks_are_seen(tmp_path, monkeypatch):
    bases = [base for base in fuzz.bases(tmp_path) if base.format == "metaimage"]

    def crash(path):
        os.kill(os.getpid(), signal.SIGKILL)

    def hang(path):
        while True:
            pass

    def leak(path):
        raise KeyError("leaked")

    monkeypatch.setattr(fuzz, "CPU_SECONDS", 0.2)
    for broken, expected in ((crash, "crash: exit code -9"), (hang, "hang: over 0.2 s"), (leak, "KeyError: 'leaked'")):
        monkeypatch.setattr(fuzz, "open_frame", broken)
        assert fuzz.run(bases, 0, [0, 1, 2], workers=1) == dict.fromkeys(range(3), expected)
