"""Write what the workflow planned as JSON: what jobs on other machines read instead of the configuration."""

import json
from pathlib import Path

Path(snakemake.output[0]).write_text(json.dumps(snakemake.params.content, indent=1) + "\n", encoding="utf-8")  # noqa: F821
