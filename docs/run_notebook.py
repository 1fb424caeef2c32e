"""Run the notebook on a finished study and keep its outputs: python docs/run_notebook.py RESULTS."""

import os
import sys
from pathlib import Path
from unittest import mock

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

SOCKETS = Config(KernelManager={"transport": "ipc"})  # files, instead of ports of this machine
NOTEBOOK = Path(__file__).with_name("notebook.ipynb")


def run(results: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of a run on a folder of results, and nothing about the machine."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with mock.patch.dict(os.environ, ECHOSHIFT_RESULTS=str(Path(results).resolve())):
        NotebookClient(notebook, config=SOCKETS, record_timing=False, kernel_name="python3", timeout=300).execute()
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return notebook


if __name__ == "__main__":
    nbformat.write(run(Path(sys.argv[1])), NOTEBOOK)
