import copy
import json

import pytest

from echoshift.summary.headline import headline
from summary.fake_study import verb


@pytest.fixture
def records(study):
    return study.summarise()[0]


def test_seven_lines_and_the_files_to_look_at(study, records, capsys):
    verb("headline", "--summary", study.results / "summary", "--look", "report.html")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert lines[:7] == headline(records)
    assert lines[0].startswith("EchoShift, seed 7: 8 simulated RF frames (4 bright, 4 dark); all 13 flips confirmed")
    assert "folds, cross-validated by patient: AUC 0.81 [0.40, 0.96], accuracy 0.75 [0.41, 0.93]" in lines[1]
    assert (
        "descent flipped 4 of 6 = 67 % [30, 90] (2 exhausted, median 32.5 queries, SSIM of the flipped pictures 0.90)"
        in lines[2]
    )
    verdict = "descent does NOT beat the control (p = 1, McNemar)"
    assert f"control with the same queries per frame flipped 4: {verdict}" in lines[2]
    box = "beta 0.5 to 1.3, alpha_l 5 to 15, alpha_u 50 to 60"
    robust = f"robust accuracy ({box}; all jobs of the study together): 2 of 8 = 25 % [7, 59], an upper bound"
    assert robust in lines[3]
    assert "optimistic" in lines[4]
    assert lines[7].endswith("frames.csv, report.html")


def test_accidental_changes_have_a_line_each(study, records, tmp_path, capsys):
    numbers = {"probability": 0.5, "probability_low": None, "probability_high": None, "never_changed_limit": 0.01}
    counts = {"n_ever_flipped": 2, "n_correct": 3, "n_never_changed": 1, "n_frames": 5, "n_draws": 9}
    changes = [
        {"classifier": name, "distribution": {"uniform": 0.25}, **numbers, **counts} for name in ("folds", "once")
    ]
    (tmp_path / "accidental.json").write_text(json.dumps({"results": changes}))
    verb("headline", "--summary", study.results / "summary", "--accidental", tmp_path / "accidental.json")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-3] == headline(records)
    assert lines[-3].startswith("Accidental change (up to 25 % of the way to the bounds) of folds: the answer changes")
    assert lines[-2].endswith("at most 1.0 % each (one-sided).")


def test_a_better_and_a_worse_attack(records):
    better, worse = copy.deepcopy(records), copy.deepcopy(records)
    better[0]["comparisons"][0]["verdict"] = "better"
    worse[0]["comparisons"][0]["verdict"] = "worse"
    assert "descent beats the control" in headline(better)[2]
    assert "descent does NOT beat the control, it is worse" in headline(worse)[2]


def test_warnings_and_studies_without_attacks(records):
    for record in records:
        empty = {"n_correct": 0, "n_flipped": 0, "success_rate": None, "success_low": None, "success_high": None}
        record |= {**empty, "n_confirmed": 0, "median_queries": None, "comparisons": [], "auc": None}
        record["warning"] = "degenerate classifier: every frame gets label 1"
    lines = headline(records)
    assert "no attack ended in a flip" in lines[0]
    assert "AUC undefined" in lines[1]
    assert "WARNING: degenerate classifier: every frame gets label 1" in lines[1]
    assert "descent: no frame was classified correctly, nothing was attacked" in lines[2]
