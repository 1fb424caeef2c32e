"""Compile the bytecode of the modules that the study imports, less than half of those installed, by importing them.

.venv/bin/python envs/bytecode.py

Otherwise the first jobs would compile it in parallel, or, if Python may not write bytecode, every job.
"""

import os
import subprocess
import sys

KERAS = "import keras"
OURS = """
import pkgutil, snakemake.cli, snakemake_executor_plugin_slurm, snakemake_executor_plugin_slurm_jobstep
import echoshift, openvino, pydicom.pixels, sklearn.metrics  # the last three are imported lazily
for module in pkgutil.walk_packages(echoshift.__path__, "echoshift."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
"""

if __name__ == "__main__":
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    processes = [subprocess.Popen([sys.executable, "-c", code], env=environment) for code in (KERAS, OURS)]
    sys.exit(max([abs(process.wait()) for process in processes]))
