"""Remove the attacks of a killed run that Snakemake never recorded, so that the next run makes them.

python workflow/profiles/remove_unrecorded.py [FOLDER]

Snakemake marks an output when its job begins, and takes the mark away once it has recorded how it was made. It asks for
marked outputs before the checkpoint says which attacks there are, so that it would take those for finished, whatever
settings they were made with. Outputs before the checkpoint it makes again of its own accord (`--rerun-incomplete`).
A locked folder may be a living run's: nothing is removed there.
"""

import re
import shutil
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

MARKS = Path(".snakemake/incomplete")
LOCKS = Path(".snakemake/locks")
BEHIND_THE_CHECKPOINT = re.compile(r"(.+/)?(attacks/[^/]+/[^/]+/(batches/)?[^/]+|plans/[^/]+/[^/]+/[^/]+\.json)")


def marked(folder: Path) -> list[str]:
    """Outputs, relative to the folder where snakemake was started, whose jobs have begun and are not recorded."""
    marks = (path.relative_to(folder / MARKS) for path in sorted((folder / MARKS).rglob("*")) if path.is_file())
    # A long path's mark is cut into folders whose names begin with @.
    return [urlsafe_b64decode("".join(part.removeprefix("@") for part in mark.parts)).decode() for mark in marks]


def main() -> None:
    """Remove, and say what."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    if any((folder / LOCKS).glob("*.lock")):
        return
    for output in marked(folder):
        path = folder / output
        if not BEHIND_THE_CHECKPOINT.fullmatch(output) or not path.exists():
            continue
        print(f"Removing what a killed run did not finish: {output}", file=sys.stderr)
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError as error:
            sys.exit(f"echoshift: error: {error.filename or path}: cannot be removed: {error.strerror or error}")


if __name__ == "__main__":
    main()
