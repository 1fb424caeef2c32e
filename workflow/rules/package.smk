"""Locate the workflow and the package, and define the command that jobs call."""

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(str(workflow.current_basedir)).parents[1]  # in a module, `workflow.basedir` is the caller's
# Jobs use the package beside the workflow, installed or not, because a conda environment has only its dependencies.
if (HERE / "src/echoshift").is_dir():
    sys.path.insert(0, str(HERE / "src"))
    ECHOSHIFT = f"PYTHONPATH={shlex.quote(str(HERE / 'src'))}${{PYTHONPATH:+:$PYTHONPATH}} python -m echoshift"
elif find_spec("echoshift"):
    ECHOSHIFT = "python -m echoshift"
else:
    sys.exit(f"echoshift: error: {HERE / 'src/echoshift'}: package not found, expected it there or installed")


def echoshift(wildcards, output):
    """The command, as a parameter of each rule, because shell commands of a module cannot access names of this file.

    Snakemake does not record a parameter that depends on `output`, so moving the checkout reruns nothing.
    """
    return ECHOSHIFT


from echoshift.errors import EchoShiftError
from echoshift.study import config_file


def check_config_file(path):
    try:
        config_file.check_config_file(path)
    except EchoShiftError as error:
        sys.exit(f"echoshift: error: {error}")
