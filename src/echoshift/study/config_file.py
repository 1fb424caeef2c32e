"""Checking that a configuration file can be read at all, before Snakemake reads it.

`python -m echoshift.study.config_file ARGUMENTS` checks the files that Snakemake's arguments name with `--configfile`.
"""

import argparse
import sys
from pathlib import Path

import yaml

from echoshift.errors import EchoShiftError


def check_config_file(path: str | Path) -> None:
    """Check that a file is YAML with keys and values.

    Raises
    ------
    EchoShiftError
        One line: the file, the line number if it is not YAML, what was found and what was expected.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise EchoShiftError(
            f"{path}: cannot be read ({error.strerror}), expected the study's configuration (--configfile names another)"
        ) from None
    except UnicodeDecodeError:
        raise EchoShiftError(f"{path}: found bytes that are not UTF-8 text, expected YAML") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        reason = " ".join(str(getattr(error, "problem", None) or error).split())
        raise EchoShiftError(f"{path}{line}: not valid YAML ({reason})") from None
    if not isinstance(content, dict):
        found = "an empty file" if content is None else f"a {type(content).__name__}"
        raise EchoShiftError(f"{path}: found {found}, expected keys and values")


def main() -> None:
    """Check what `--configfile` names."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="+", action="extend", default=[])
    try:
        for path in parser.parse_known_args()[0].configfile:
            check_config_file(path)
    except EchoShiftError as error:
        sys.exit(f"echoshift: error: {error}")


if __name__ == "__main__":
    main()
