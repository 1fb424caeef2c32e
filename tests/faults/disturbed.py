"""A study whose runs are killed: find its jobs, resume it, and compare the results."""

import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil
from study_project import TARGETS, Project, contents

MARK = "finished.json"


class DisturbedProject(Project):
    """The folder of a study whose runs are killed.

    Tests that kill the processes of jobs need the ordinary `programs`, to find these processes.
    """

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
            assert self.process.poll() is None, f"the run ended too early\n{self.screen[-3000:]}"
            time.sleep(0.01)
        return jobs

    def edit_bound(self, bound=0.85):
        """Set a separate bound for up to two frames that few classifiers got right, so that only their attacks run again."""
        classifiers, groups = defaultdict(list), defaultdict(list)
        for row in self.rows("selected.csv"):
            classifiers[row["frame"]].append(row["classifier"])
        for frame, own in classifiers.items():
            groups[tuple(own)].append(frame)
        _, chosen = min(groups.items(), key=lambda group: (len(group[0]), -len(group[1])))
        self.edit_frames(*chosen[:2], beta_min=str(bound))
        return chosen[:2]

    def take_back_edits(self, original):
        for name in ("config.yaml", "frames.csv"):
            (self.folder / name).write_bytes((original.folder / name).read_bytes())

    def kill_scheduler(self):
        """Kill -9 the scheduler only. The processes that it started keep running."""
        self.process.kill()
        self.process.wait()

    def end(self):
        """Kill all remaining processes of this study, whether the test passed or failed."""
        if self.process.returncode is None:
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

    def differences_once_resumed(self, undisturbed):
        """Differences after the edits are taken back and the run is resumed."""
        self.take_back_edits(undisturbed)
        self.resume(*TARGETS)
        return self.differences(undisturbed)


def result_folder(name):
    """Folder of the attack to which a file in `attacks/` belongs, as named in the summary."""
    return "/".join(["results/attacks", *name.split("/")[:3]])


def attacked(project):
    """Contents of all files written by the attacks of a study, by path, without the marks of finished batches.

    The marks depend on the number of frames per job, which differs between profiles.
    """
    files = contents(project.results / "attacks")
    return {name: content for name, content in files.items() if "/batches/" not in name and Path(name).name != MARK}


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
