"""The folder of a study on a cluster: run it and inspect its Slurm jobs."""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cluster import ask
from study_project import PROFILES, TARGETS, Project, contents


@dataclass(frozen=True)
class SlurmJob:
    """A job listed by squeue. Its purpose is `rule_NAME...`, for a group `rule_GROUP_NAMES`."""

    id: str
    purpose: str
    state: str


class SlurmProject(Project):
    """A study's folder and its jobs."""

    def start_on(self, profile, *arguments):
        """Start the attacks and the summary on the cluster."""
        self.profile = PROFILES / profile
        self.start(*TARGETS, *arguments)

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

    def copy_before_attacks(self, folder, **fields):
        """A copy without the attacks and later results."""
        copy = self.copy(folder, **fields)
        for name in ("attacks", "summary", "trajectories.zarr"):
            shutil.rmtree(copy.results / name)
        for path in copy.results.glob("classifiers/*/confirmed.json"):
            path.unlink()
        return copy

    def digests(self):
        """Contents of all tables, records and digests of the study."""
        names = ("summary/*", "**/record.json", "**/*.sha256", "**/digest.txt", "classifiers/*/*.csv", "selected.csv")
        return contents(self.results, *names)
