"""Write the sheets of `learning_curve.yaml`: `python resources/studies/sheets_learning_curve.py FOLDER`.

For each size N, FOLDER gets the sheet `N.csv` and the configuration `N.yaml`, which goes on top of `learning_curve.yaml`. Labels
repeat those of the default study's frames, so that every cohort has about the same share of fatty livers.
"""

import csv
import sys
from itertools import cycle, islice
from pathlib import Path

SIZES = (33, 100, 300, 1000)
DEFAULT = Path(__file__).parents[1] / "simulated/frames.csv"


def rows(size, labels):
    """Frames R001, R002, ... of one patient each."""
    for i, label in enumerate(islice(cycle(labels), size), start=1):
        name = f"R{i:03}"
        yield name, f"P{name}", f"simulated/frames/{name}.h5", label


def main(folder):
    with DEFAULT.open() as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        with (folder / f"{size}.csv").open("w") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([("frame_id", "patient_id", "path", "label"), *rows(size, labels)])
        sheet = (folder / f"{size}.csv").as_posix()
        (folder / f"{size}.yaml").write_text(
            f"results_dir: results_learning_curve_{size}\ncohorts: {{ frames: {sheet} }}\n"
        )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: sheets_learning_curve.py FOLDER")
    main(Path(sys.argv[1]))
