"""Reading a side-car's YAML."""

from pathlib import Path
from typing import Any

import yaml

from echoshift.errors import EchoShiftError


def read_yaml(file: Path, *, required: bool) -> Any:
    """Content of a YAML side-car; an empty dict if it is empty, or missing and not required.

    Raises
    ------
    EchoShiftError
        One line with the file.
    """
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        if not required:
            return {}
        raise EchoShiftError(f"{file}: file not found, expected a YAML side-car") from None
    except OSError as error:
        raise EchoShiftError(f"{file}: cannot be read ({error.strerror}), expected a YAML side-car") from None
    except (yaml.YAMLError, ValueError) as error:
        raise EchoShiftError(f"{file}: not valid YAML ({' '.join(str(error).split())})") from None
