"""Write the frames sheet of `duke.yaml`: `python resources/studies/sheet_duke.py FOLDER > FOLDER/frames.csv`.

FOLDER, or folders in it, hold the .mat files of DukeUltrasound (MimickNet) with `iq` and `acq_params`, which are not part of
this repository. Of each file the first frame is listed, without a label: nobody knows. A file that cannot be read as it is
(linear probes, harmonic images without a side-car that gives their centre frequency) is named on stderr and left out.
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
    """One row a file, paths relative to the folder."""
    for path in sorted(folder.rglob("*.mat")):
        selector = "#0"  # of the only frame, too
        try:
            with Content.of(path) as content:
                if not recognises(content):
                    continue
            open_frame(f"{path}{selector}")
        except EchoShiftError as error:
            print(f"sheet_duke: left out: {error}", file=sys.stderr)
            continue
        relative = path.relative_to(folder)
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"D_{relative.with_suffix('').as_posix()}")
        yield name, name, f"{relative.as_posix()}{selector}", ""


def main(folder):
    found = list(rows(folder))
    if not found:
        raise EchoShiftError(
            f"{folder}: found no DukeUltrasound file that can be read, expected .mat files with iq and acq_params"
        )
    print(
        "# no labels: how far to a changed answer, whichever it is? patient_id: the file, since it does not name the subject"
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
