"""Allocation of GPUs to processes, with a stand-in for the driver's tool: no prediction is made on a GPU here."""

import os
import subprocess
import sys

import pytest

from echoshift.classifiers.keras_predictor import open_predictor
from echoshift.classifiers.predictor_settings import PredictorSettings
from echoshift.errors import EchoShiftError

CLAIM = "import sys\nfrom echoshift.classifiers.gpu import claim_gpu\nprint(claim_gpu(), flush=True)\nsys.stdin.read()"
"""Claims a device, says which, and holds it until its input ends."""


@pytest.fixture
def machine(tmp_path):
    """Environment of a machine whose driver lists two devices; locks lie in a folder of its own."""
    tool = tmp_path / "bin/nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho '0, GPU-aaaa'\necho '1, GPU-bbbb'\n")
    tool.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
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

    def device(self):
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.communicate()


def test_jobs_side_by_side_each_have_their_own_device(machine):
    first, second = Claimant(machine), Claimant(machine)
    assert {first.device(), second.device()} == {"0", "1"}
    third = Claimant(machine)  # waits: both are taken
    with pytest.raises(subprocess.TimeoutExpired):
        third.process.wait(timeout=1.5)
    second.process.kill()  # however it ends, its device is free again
    second.process.wait()
    freed = third.device()
    assert freed in ("0", "1")
    fourth = Claimant(machine)
    first.end()
    assert {freed, fourth.device()} == {"0", "1"}
    third.end()
    fourth.end()


def test_a_device_given_by_the_scheduler_is_taken_as_it_is(machine):
    """Two jobs of a cluster whose containers both call their device 0."""
    jobs = [Claimant(machine, CUDA_VISIBLE_DEVICES="0") for _ in range(2)]
    assert [job.device() for job in jobs] == ["0", "0"]
    for job in jobs:
        job.end()


def test_among_the_visible_devices_alone(machine):
    jobs = [Claimant(machine, CUDA_VISIBLE_DEVICES="1,GPU-cccc") for _ in range(2)]
    assert {job.device() for job in jobs} == {"1", "GPU-cccc"}
    other = Claimant(machine)
    assert other.device() == "0"  # device 1 is known by its UUID, whatever it is called
    for job in (*jobs, other):
        job.end()


@pytest.mark.parametrize("more", [{"CUDA_VISIBLE_DEVICES": ""}, {"CUDA_VISIBLE_DEVICES": "-1"}, {"PATH": "/nowhere"}])
def test_without_a_device_there_is_none(machine, more):
    job = Claimant(machine, **more)
    assert job.device() == "None"
    job.end()


def test_a_gpu_that_is_not_there_is_one_clear_line(monkeypatch, tmp_path):
    monkeypatch.setattr("echoshift.classifiers.keras_predictor.claim_gpu", lambda: None)
    with pytest.raises(EchoShiftError, match=r"^predictor.engine: tensorflow: found no GPU .*, expected one \(or"):
        open_predictor(tmp_path, PredictorSettings(engine="tensorflow"))


def test_a_gpu_that_tensorflow_cannot_use_is_one_clear_line(machine, borderline):
    """The driver lists devices, but they are not real: no answer from the CPU in their name."""
    code = "from echoshift.cli.main import app; from echoshift.attack_job import open_predictor\n"
    code += "from echoshift.classifiers.predictor_settings import PredictorSettings\n"
    code += "from echoshift.cli import main\n"
    code += (
        f"main._app = lambda _: open_predictor(PredictorSettings(engine='tensorflow'), {str(borderline.folder)!r})\n"
    )
    code += "app()"
    done = subprocess.run([sys.executable, "-c", code], env=machine, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "GPU 0: found no support in the installed tensorflow" in done.stderr


def test_allow_cpu_is_tensorflows_alone():
    with pytest.raises(ValueError, match="allow_cpu with engine tensorflow alone"):
        PredictorSettings(engine="openvino", allow_cpu=True)
