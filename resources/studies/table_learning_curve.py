"""Print the learning curve: `python resources/studies/table_learning_curve.py RESULTS...`, a row for each finished study.

Each number has its 95 % interval. `robust_accuracy` is the share of all frames that are classified correctly and that the attacks
of the study do not flip.
"""

import csv
import json
import sys
from pathlib import Path

NUMBERS = {"auc": "auc", "accuracy": "accuracy", "success_rate": "success"}
COLUMNS = ["n_frames", *(f"{one}{end}" for one in (*NUMBERS, "robust_accuracy") for end in ("", "_low", "_high"))]


def row(summary):
    """Numbers of the first record of a `summary.json`, whose study has one classifier and one attack."""
    record = json.loads(summary.read_text())[0]
    found = [record["n_frames"]]
    for name, stem in NUMBERS.items():
        found += [record[name], record[f"{stem}_low"], record[f"{stem}_high"]]
    together = record["robust"]["together"]
    return [*found, *(together[name] for name in ("robust_accuracy", "robust_low", "robust_high"))]


def main(folders):
    summaries = [folder / "summary/summary.json" for folder in folders]
    if missing := [path for path in summaries if not path.is_file()]:
        sys.exit(f"table_learning_curve: error: {missing[0]}: file not found, expected a finished study")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(row(path) for path in summaries))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: table_learning_curve.py RESULTS...")
    main([Path(name) for name in sys.argv[1:]])
