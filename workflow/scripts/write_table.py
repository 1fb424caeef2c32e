"""Write planned rows as a CSV table, which jobs on other machines read instead of the sheets."""

import csv
import sys
from pathlib import Path

path = Path(snakemake.output[0])  # noqa: F821
try:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(snakemake.params.columns)  # noqa: F821
        writer.writerows(snakemake.params.rows)  # noqa: F821
except OSError as error:
    sys.exit(f"echoshift: error: {path}: cannot be written: {error.strerror}")
