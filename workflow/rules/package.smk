"""Where the workflow and the package lie, and the command that jobs call."""

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(str(workflow.current_basedir)).parents[1]  # not `workflow.basedir`, which is the caller's for a module
# Jobs find the package beside the workflow, installed or not: a conda environment holds its dependencies alone.
if (HERE / "src/echoshift").is_dir():
    sys.path.insert(0, str(HERE / "src"))
    ECHOSHIFT = f"PYTHONPATH={shlex.quote(str(HERE / 'src'))}${{PYTHONPATH:+:$PYTHONPATH}} python -m echoshift"
elif find_spec("echoshift"):
    ECHOSHIFT = "python -m echoshift"
else:
    sys.exit(f"echoshift: error: {HERE / 'src/echoshift'}: package not found, expected it there or installed")


def echoshift(wildcards, output):
    """The command, as a parameter of each rule: a shell command of a module does not see this file's names.

    Snakemake does not record a parameter that depends on `output`, so that a moved checkout reruns nothing.
    """
    return ECHOSHIFT


from echoshift.errors import EchoShiftError
from echoshift.study import config_file


def check_config_file(path):
    try:
        config_file.check_config_file(path)
    except EchoShiftError as error:
        sys.exit(f"echoshift: error: {error}")
