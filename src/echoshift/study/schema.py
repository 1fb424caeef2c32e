"""The JSON schema of `config.yaml`, generated from the models; `python -m echoshift.study.schema PATH` writes it."""

import json
import sys
from pathlib import Path

from echoshift.storage.files import write_text
from echoshift.study.config import StudyConfig


def config_schema() -> str:
    """The schema that the workflow uses for validation, as JSON text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **StudyConfig.model_json_schema()}
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), config_schema())
