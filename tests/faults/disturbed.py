"""A study whose runs are killed: find its jobs, resume it, and compare the results."""

import csv
import os
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import suppress

import psutil
from study_project import PROFILE, Project

from common import ROOT

ATTACKS = ("attack",)
CLUSTER_PROFILES = (PROFILE.with_name("slurm"), PROFILE.with_name("slurm-batched"))
RESUME = ROOT / "workflow/resume.py"
IMPATIENT = ROOT / "tests/slurm/impatient.py"


class DisturbedProject(Project):
    """The folder of a study whose runs may be started without waiting for their end.

    Tests that kill the processes of jobs need the ordinary `programs`, to find these processes.
    """

    profile = PROFILE

    @property
    def on_cluster(self):
        return self.profile in CLUSTER_PROFILES

    def start(self, *arguments):
        """Start a run; `process` is its scheduler."""
        start = [IMPATIENT, "--latency-wait", "5"] if self.on_cluster else ["-m", "snakemake"]
        command = [sys.executable, *start, "--snakefile", ROOT / "Snakefile"]
        command += ["--workflow-profile", self.profile, "--quiet", "host", "--cores", "2"]
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        with (self.folder / "screen.txt").open("w") as screen:
            self.process = subprocess.Popen(
                [*command, *arguments], cwd=self.folder, env={**os.environ, "PATH": path}, stdout=screen, stderr=screen
            )

    def finish(self):
        """Wait for the run; return its exit status and what it printed."""
        status = self.process.wait()
        return status, (self.folder / "screen.txt").read_text()

    def start_resumed(self, *targets):
        """Do the same as `make resume`, without waiting for the end."""
        self.clean_up()
        self.start("--unlock")
        self.finish()
        self.start("--rerun-incomplete", *targets)

    def clean_up(self):
        """First step of `make resume`: cancel jobs in a cluster's queue and remove unrecorded outputs."""
        subprocess.run([sys.executable, RESUME], cwd=self.folder, check=True)

    def resume(self, *targets):
        """Resume and wait for the end."""
        self.start_resumed(*targets)
        status, screen = self.finish()
        assert status == 0, screen[-5000:]

    def jobs(self, *verbs):
        """Running processes of `echoshift VERB` in this study, including orphans and those of a local cluster."""
        found = []
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                if words[1:4] == ["-m", "echoshift", "--log"] and process.cwd() == str(self.folder.resolve()):
                    found.append(Job(process, words))
            except psutil.Error:
                continue
        return [job for job in found if not verbs or job.verb in verbs]

    def wait_for_jobs(self, *verbs, number=1):
        """Wait until at least `number` jobs run at the same time, and return them."""
        while len(jobs := self.jobs(*verbs)) < number:
            assert self.process.poll() is None, f"the run ended too early\n{self.finish()[1][-3000:]}"
            time.sleep(0.01)
        return jobs

    def edit_bound(self, bound=0.85):
        """Set a separate bound for up to two frames that few classifiers got right, so that only their attacks run again."""
        with (self.results / "selected.csv").open() as file:
            rows = list(csv.DictReader(file))
        groups = defaultdict(list)
        for frame in dict.fromkeys(row["frame"] for row in rows):
            groups[tuple(row["classifier"] for row in rows if row["frame"] == frame)].append(frame)
        _, chosen = min(groups.items(), key=lambda group: (len(group[0]), -len(group[1])))
        chosen = chosen[:2]
        path = self.folder / "frames.csv"
        header, *rows = path.read_text().splitlines()
        rows = [f"{row},{bound if row.split(',')[0] in chosen else ''}" for row in rows]
        path.write_text("\n".join([f"{header},beta_min", *rows]) + "\n")
        return chosen

    def targets(self):
        """Everything except the figures, which take long to draw, and the provenance, which lists them."""
        return ["attacks", "summarise"]

    def take_back_edits(self, original):
        for name in ("config.yaml", "frames.csv"):
            (self.folder / name).write_bytes((original.folder / name).read_bytes())

    def kill_scheduler(self):
        """Kill -9 the scheduler only. The processes that it started keep running."""
        self.process.kill()
        self.process.wait()

    def end(self):
        """Kill all remaining processes of this study, whether the test passed or failed."""
        if self.process.poll() is None:
            self.kill_scheduler()
        self.clean_up()
        for job in self.jobs():
            with suppress(psutil.NoSuchProcess):
                job.process.kill()

    def drafts(self):
        """Hidden leftovers in the results."""
        return [str(path) for path in self.results.rglob(".*") if path.name != ".snakemake_timestamp"]

    def differences(self, undisturbed):
        """Differences between this study and the undisturbed one. Empty if all is well.

        If an edited study finished, results of frames that only it attacked may remain. The summary must list them as
        orphans.
        """
        orphans = {row["folder"] for row in self.rows("summary/orphans.csv")}
        mine, theirs = self.tables(), undisturbed.tables()
        if orphans:
            del mine["orphans.csv"], theirs["orphans.csv"]
        mine |= {name: text for name, text in attacked(self).items() if result_folder(name) not in orphans}
        theirs |= attacked(undisturbed)
        return [name for name in mine | theirs if mine.get(name) != theirs.get(name)] + self.drafts()


def result_folder(name):
    """Folder of the attack to which a file in `attacks/` belongs, as named in the summary."""
    return "/".join(["results/attacks", *name.split("/")[:3]])


def attacked(project):
    """Contents of all files written by the attacks of a study, by path."""
    folder = project.results / "attacks"
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".snakemake_timestamp")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


class Job:
    """A process of one command."""

    def __init__(self, process, words):
        self.process = process
        self.verb = words[5]
        self.output = words[words.index("--finished" if "--finished" in words else "-o") + 1]

    def __str__(self):
        return f"{self.verb} {self.output}"


def wait_until_gone(jobs, timeout=60):
    """Wait for processes that may be orphans."""
    _, alive = psutil.wait_procs([job.process for job in jobs], timeout=timeout)
    assert not alive, f"still running: {alive}"
