"""Draw attack.png for the documentation: `python resources/readme/make_attack.py`, after `make run`.

Shows the first two frames flipped by the sign descent (cross-validated), as in the study's own figure.
"""

from pathlib import Path

from echoshift.figures.attacks import attacks_figure
from echoshift.figures.style import save
from echoshift.records.provenance import provenance
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.frames_table import COLUMNS
from echoshift.summary.summarise import FRAMES, SUMMARY

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parents[1] / "results"
CLASSIFIER, ATTACK = "cross_validated", "sign_descent"
N_SHOWN = 2


def attack_figure(summary):
    """Initial image, flipped image and their difference, one row per frame."""
    rows = [
        row
        for row in read_rows(summary / FRAMES, COLUMNS)
        if (row["classifier"], row["attack"], row["outcome"]) == (CLASSIFIER, ATTACK, "flipped")
    ]
    record = next(
        record
        for record in read_json(summary / SUMMARY)
        if (record["classifier"], record["attack"]) == (CLASSIFIER, ATTACK)
    )
    return attacks_figure(record, rows[:N_SHOWN], RESULTS)


if __name__ == "__main__":
    summary = RESULTS / "summary"
    files = {name: sha256_of_file(summary / name) for name in (FRAMES, SUMMARY)}
    about = provenance(inputs={"files": files}, packages=("matplotlib", "numpy", "zarr"))
    save(attack_figure(summary), HERE / "attack.png", about)
