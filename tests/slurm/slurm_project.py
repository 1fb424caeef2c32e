"""The folder of a study on a cluster: run it and inspect its Slurm jobs."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cluster import ask, wait_until
from study_project import PROFILE, Project

from common import ROOT

PROFILES = ROOT / "workflow/profiles"
RESUME = ROOT / "workflow/resume.py"
IMPATIENT = Path(__file__).with_name("impatient.py")


@dataclass(frozen=True)
class SlurmJob:
    """A job listed by squeue. Its purpose is `rule_NAME...`, for a group `rule_GROUP_NAMES`."""

    id: str
    purpose: str
    state: str


def on_slurm(profile):
    """Arguments that send a run's jobs to the cluster."""
    return ["--workflow-profile", PROFILES / profile, "attacks", "summarise"]


def make_resume(project, *arguments):
    """Do the same as `make resume`, in the study's folder."""
    subprocess.run([sys.executable, RESUME], cwd=project.folder, check=True)
    project.run("--unlock")
    project.run("--rerun-incomplete", *arguments)


@dataclass
class SlurmProject(Project):
    """A study's folder and its jobs."""

    def start(self, *arguments):
        """Run in the background. The caller stops or awaits the process."""
        command = [sys.executable, IMPATIENT, "--snakefile", ROOT / "Snakefile", "--workflow-profile", PROFILE]
        command += ["--cores", "2", "--latency-wait", "5", *arguments]
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        with (self.folder / "screen.txt").open("w") as out:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, "PATH": path},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def run(self, *arguments):
        """Run until success."""
        code = self.start(*arguments).wait()
        assert code == 0, (self.folder / "screen.txt").read_text()[-5000:]

    def run_edited_meanwhile(self, edit, *arguments):
        """Run until success. After the start, edit configuration and sheet, and revert the edits at the end."""
        originals = {path: path.read_bytes() for path in (self.folder / "config.yaml", self.folder / "frames.csv")}
        process = self.start(*arguments)
        wait_until(
            lambda: (self.folder / ".snakemake/echoshift/scheduler.json").is_file() or process.poll() is not None,
            60,
            "start of a run",
        )
        edit(self)
        assert process.wait() == 0, (self.folder / "screen.txt").read_text()[-5000:]
        for path, content in originals.items():
            path.write_bytes(content)

    @property
    def attacks(self):
        """Folders of the attack results, relative to the results."""
        return sorted(path.parent.relative_to(self.results) for path in self.results.glob("attacks/*/*/*/record.json"))

    def jobs(self, purpose=""):
        """Slurm jobs of this folder whose purpose starts with `purpose`, including finished ones."""
        rows = [line.split("|", 3) for line in ask("squeue", "--states=all", "-h", "-o", "%i|%k|%T|%Z").splitlines()]
        return [
            SlurmJob(id, what, state)
            for id, what, state, place in rows
            if Path(place) == self.folder and what.startswith(purpose)
        ]

    def states(self, purpose=""):
        """Number of jobs in each state."""
        return Counter(job.state for job in self.jobs(purpose))

    def copy_before_attacks(self, folder):
        """A copy with time stamps and Snakemake's records, but without the attacks and later results."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        copy = type(self)(folder)
        for name in ("attacks", "summary", "trajectories.zarr"):
            shutil.rmtree(copy.results / name)
        for path in copy.results.glob("classifiers/*/confirmed.json"):
            path.unlink()
        return copy

    def digests(self):
        """Contents of all tables, records and digests of the study."""
        names = ("summary/*", "**/record.json", "**/*.sha256", "**/digest.txt", "classifiers/*/*.csv", "selected.csv")
        return {
            str(path.relative_to(self.results)): path.read_bytes()
            for name in names
            for path in self.results.glob(name)
            if path.is_file()
        }
