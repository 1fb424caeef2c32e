"""Write planned values as JSON, which jobs on other machines read instead of the configuration."""

import json
import sys
from pathlib import Path

path = Path(snakemake.output[0])  # noqa: F821
try:
    path.write_text(json.dumps(snakemake.params.content, indent=1) + "\n", encoding="utf-8")  # noqa: F821
except OSError as error:
    sys.exit(f"echoshift: error: {path}: cannot be written: {error.strerror}")
