"""Write the frames sheet of `duke.yaml`: `python resources/studies/sheet_duke.py FOLDER > FOLDER/frames.csv`.

FOLDER or its subfolders contain the DukeUltrasound (MimickNet) .mat files with `iq` and `acq_params`, which are not part of
this repository. The sheet lists the first frame of each file, without a label. Files that cannot be read as they are
(linear probes, harmonic images without a side-car that gives their centre frequency) are skipped with a note on stderr.
Needs EchoShift installed, or PYTHONPATH=src.
"""

import csv
import re
import sys
from pathlib import Path

from echoshift.errors import EchoShiftError
from echoshift.formats import open_frame
from echoshift.formats.content import Content
from echoshift.formats.duke import recognises


def rows(folder):
    """One row per file, with paths relative to the folder."""
    for path in sorted(folder.rglob("*.mat")):
        selector = "#0"  # also valid for a single frame
        try:
            with Content.of(path) as content:
                if not recognises(content):
                    continue
            open_frame(f"{path}{selector}")
        except EchoShiftError as error:
            print(f"sheet_duke: skipped: {error}", file=sys.stderr)
            continue
        relative = path.relative_to(folder)
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"D_{relative.with_suffix('').as_posix()}")
        yield name, name, f"{relative.as_posix()}{selector}", ""


def main(folder):
    found = list(rows(folder))
    if not found:
        raise EchoShiftError(
            f"{folder}: found no readable DukeUltrasound file, expected .mat files with iq and acq_params"
        )
    print(
        "# no labels: attacks try to change the classifier's answer; patient_id: the file, since it does not name the subject"
    )
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows([("frame_id", "patient_id", "path", "label"), *found])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: sheet_duke.py FOLDER > FOLDER/frames.csv")
    try:
        main(Path(sys.argv[1]))
    except EchoShiftError as error:
        sys.exit(f"sheet_duke: error: {error}")
