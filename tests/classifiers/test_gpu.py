"""Allocation of GPUs to processes, with a mock of nvidia-smi. test_on_a_gpu.py uses a real GPU."""

import os
import subprocess
import sys
from select import select

import pytest

from classifiers.conftest import run_python
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.predictors.tensorflow import open_predictor
from echoshift.errors import EchoShiftError

CLAIM = "import sys\nfrom echoshift.classifiers.predictors.gpu import claim_gpu\nprint(claim_gpu(), flush=True)\nsys.stdin.read()"
"""Claims a device, prints its name, and holds it until its input ends."""


@pytest.fixture
def machine(tmp_path):
    """Environment of a machine with two devices and its own folder for locks."""
    tool = tmp_path / "bin/nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho '0, GPU-aaaa'\necho '1, GPU-bbbb'\n")
    tool.chmod(0o755)
    environment = {
        name: value for name, value in os.environ.items() if name not in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID")
    }
    return environment | {"PATH": f"{tool.parent}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}


class Claimant:
    def __init__(self, environment, **more):
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLAIM],
            env=environment | more,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def waits(self):
        """Whether it still has no device after longer than its start takes."""
        return not select([self.process.stdout], [], [], 1.5)[0]

    def device(self):
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.communicate()


def test_jobs_side_by_side_each_have_their_own_device(machine):
    first, second = Claimant(machine), Claimant(machine)
    assert {first.device(), second.device()} == {"GPU-aaaa", "GPU-bbbb"}
    third = Claimant(machine)
    assert third.waits()
    second.process.kill()  # its device is released, however the process ends
    second.process.wait()
    freed = third.device()
    assert freed in ("GPU-aaaa", "GPU-bbbb")
    fourth = Claimant(machine)
    first.end()
    assert {freed, fourth.device()} == {"GPU-aaaa", "GPU-bbbb"}
    third.end()
    fourth.end()


def test_a_device_given_by_the_scheduler_is_taken_as_it_is(machine):
    """Two cluster jobs in containers that both name their device 0."""
    jobs = [Claimant(machine, CUDA_VISIBLE_DEVICES="0", SLURM_JOB_ID="7") for _ in range(2)]
    assert [job.device() for job in jobs] == ["0", "0"]
    for job in jobs:
        job.end()


@pytest.mark.parametrize("names", [("0", "0"), ("1", "GPU-bbbb"), ("MIG-GPU-bbbb/1/0", "MIG-GPU-bbbb/1/0")])
def test_a_device_that_a_user_names_is_taken_by_one_job_at_a_time(machine, names):
    first = Claimant(machine, CUDA_VISIBLE_DEVICES=names[0])
    assert first.device() == names[0]
    second = Claimant(machine, CUDA_VISIBLE_DEVICES=names[1])
    assert second.waits()
    first.end()
    assert second.device() == names[1]
    second.end()


def test_among_the_visible_devices_alone(machine):
    jobs = [Claimant(machine, CUDA_VISIBLE_DEVICES="1,GPU-cccc") for _ in range(2)]
    assert {job.device() for job in jobs} == {"1", "GPU-cccc"}
    other = Claimant(machine)
    assert other.device() == "GPU-aaaa"  # device 1 is identified by its UUID, independent of its name
    for job in (*jobs, other):
        job.end()


@pytest.mark.parametrize("more", [{"CUDA_VISIBLE_DEVICES": ""}, {"CUDA_VISIBLE_DEVICES": "-1"}, {"PATH": "/nowhere"}])
def test_without_a_device_there_is_none(machine, more):
    job = Claimant(machine, **more)
    assert job.device() == "None"
    job.end()


def test_a_gpu_that_is_not_there_is_one_clear_line(monkeypatch, tmp_path):
    monkeypatch.setattr("echoshift.classifiers.predictors.tensorflow.claim_gpu", lambda: None)
    with pytest.raises(EchoShiftError, match=r"^predictor.engine: tensorflow: found no GPU .*, expected one \(or"):
        open_predictor(tmp_path, PredictorSettings(engine="tensorflow"))


@pytest.mark.parametrize("allow_cpu", [False, True])
def test_a_gpu_that_tensorflow_cannot_use_is_one_clear_line(machine, borderline, allow_cpu):
    """The driver lists fake devices: without `allow_cpu` the CPU must not answer instead.

    A job that uses the CPU holds no device.
    """
    code = "from echoshift.cli.main import app; from echoshift.classifiers.predictors import open_predictor\n"
    code += "from echoshift.classifiers.predictors.settings import PredictorSettings\n"
    code += "from echoshift.classifiers.predictors.gpu import _lock\nfrom echoshift.cli import main\n"
    settings = f"PredictorSettings(engine='tensorflow', allow_cpu={allow_cpu})"
    opened = f"open_predictor({settings}, {str(borderline.folder)!r}).describe()['device']"
    code += f"main._app = lambda _: print({opened}, 'free' if _lock('GPU-aaaa') else 'taken')\n"
    code += "app()"
    done = run_python(code, environment=machine, check=False)
    if allow_cpu:
        assert (done.returncode, done.stdout, done.stderr) == (0, "CPU free\n", "")
    else:
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1 and "GPU GPU-aaaa: found no such device in tensorflow" in done.stderr


def test_allow_cpu_is_tensorflows_alone():
    with pytest.raises(ValueError, match="allow_cpu with engine tensorflow only"):
        PredictorSettings(engine="openvino", allow_cpu=True)
