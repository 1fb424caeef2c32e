"""Write the rows that the workflow planned as a CSV table: what jobs on other machines read instead of the sheets."""

import csv
from pathlib import Path

with Path(snakemake.output[0]).open("w", newline="", encoding="utf-8") as file:  # noqa: F821
    writer = csv.writer(file)
    writer.writerow(snakemake.params.columns)  # noqa: F821
    writer.writerows(snakemake.params.rows)  # noqa: F821
