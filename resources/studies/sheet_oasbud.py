"""Write the frames sheet of `oasbud.yaml`: `python resources/studies/sheet_oasbud.py FOLDER > FOLDER/frames.csv`.

FOLDER holds OASBUD.mat (https://zenodo.org/records/545928), which is not part of this repository. Both views of each lesion
become frames. Label 1 is malignant, 0 benign, from the file's field `class`. Needs EchoShift installed, or PYTHONPATH=src.
"""

import csv
import re
import sys
from pathlib import Path

from echoshift.errors import EchoShiftError
from echoshift.formats.content import Content
from echoshift.formats.oasbud import as_text, read_lesions, recognises


def rows(folder):
    """One row per view, with paths relative to the folder."""
    for path in sorted(folder.glob("*.mat")):
        with Content.of(path) as content:
            if not recognises(content):
                continue
        known = set()
        for lesion in read_lesions(path):
            identity, label = as_text(lesion["id"]), as_text(lesion.get("class", ""))
            if label not in ("0", "1"):
                raise EchoShiftError(
                    f"{path}: lesion {identity}: class: found {label!r}, expected 0 (benign) or 1 (malignant)"
                )
            if identity in known:
                raise EchoShiftError(f"{path}: lesion {identity}: id: found a duplicate, expected unique ids")
            known.add(identity)
            name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"L{identity}")
            for view in ("rf1", "rf2"):
                # The file does not state which lesions belong to the same woman (100 lesions, 78 women).
                yield f"{name}_{view}", name, f"{path.name}#{identity}/{view}", label


def main(folder):
    found = list(rows(folder))
    if not found:
        raise EchoShiftError(f"{folder}: found no OASBUD file, expected OASBUD.mat")
    print("# label: 1 = malignant, 0 = benign; patient_id: the lesion, since the file does not name the patient")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows([("frame_id", "patient_id", "path", "label"), *found])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: sheet_oasbud.py FOLDER > FOLDER/frames.csv")
    try:
        main(Path(sys.argv[1]))
    except EchoShiftError as error:
        sys.exit(f"sheet_oasbud: error: {error}")
