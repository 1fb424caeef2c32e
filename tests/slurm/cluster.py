"""A one-node Slurm on loopback with two stand-in GPUs, for tests; as root, without systemd.

Needs `apt-get install slurm-wlm munge`. Writes to /etc/slurm, because Snakemake's jobs drop SLURM_CONF, which would be
needed for another folder. Does not touch files there that it did not write.
"""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

ETC = Path("/etc/slurm")
MARK = "# Written by EchoShift's tests/slurm/cluster.py\n"
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "srun")
CPUS, MEMORY, GPUS = 8, 64_000, 2
"""Nominal resources of the node: enough for parallel jobs, independent of the machine."""

SLURM_CONF = """
ClusterName=echoshift
SlurmctldHost={host}(127.0.0.1)
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.own
SlurmdPidFile={folder}/slurmd.own
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
# Keep finished jobs, because the executor and the tests query them.
MinJobAge=3600
JobRequeue=0
KillWait=3
SlurmdTimeout=10
ReturnToService=2
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:fake:{gpus} State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """Reason why no cluster can be started here, or None."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed (apt-get install slurm-wlm munge)"
    return None if os.geteuid() == 0 else "starting a cluster needs root"


def ask(*command):
    """Standard output of one of Slurm's commands."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def wait_until(true, seconds, what):
    """Check every 0.1 s, for at most `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


class Cluster:
    """A cluster with a folder for logs, state and the two devices."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = {}

    def up(self):
        """Write the configuration, make the devices, start both daemons."""
        for name in ("slurm.conf", "gres.conf"):
            if (ETC / name).exists() and not (ETC / name).read_text().startswith(MARK):
                raise FileExistsError(f"{ETC / name}: found a file of another program, expected none")
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        devices = [self.folder / f"gpu{i}" for i in range(GPUS)]
        for device in devices:
            if not device.exists():
                os.mknod(device, 0o600 | 0o020000, os.makedev(1, 3))  # a character device like /dev/null
        host = socket.gethostname().split(".")[0]
        text = SLURM_CONF.format(folder=self.folder, host=host, cpus=CPUS, memory=MEMORY, gpus=GPUS)
        ETC.mkdir(exist_ok=True)
        (ETC / "slurm.conf").write_text(MARK + text)
        (ETC / "gres.conf").write_text(MARK + "".join(f"Name=gpu Type=fake File={device}\n" for device in devices))
        self.start("slurmctld")
        self.start("slurmd")

    def start(self, daemon):
        """Start a daemon and wait until it responds."""
        with (self.folder / f"{daemon}.out").open("a") as out:
            self.daemons[daemon] = subprocess.Popen([daemon, "-D"], stdout=out, stderr=out, start_new_session=True)
        questions = {"slurmctld": ["scontrol", "ping"], "slurmd": ["scontrol", "show", "slurmd"]}
        wait_until(
            lambda: (
                subprocess.run(questions[daemon], capture_output=True, check=False).returncode == 0
                and (daemon == "slurmctld" or ask("sinfo", "-h", "-o", "%T").strip() in ("idle", "mixed", "allocated"))
            ),
            30,
            f"{daemon} (see {self.folder}/{daemon}.log)",
        )

    def stop(self, daemon):
        """Stop a daemon. The running jobs of slurmd keep running."""
        process = self.daemons.pop(daemon)
        process.terminate()
        process.wait(timeout=30)

    def down(self):
        """Cancel all jobs, stop both daemons, remove the configuration."""
        if len(self.daemons) == 2:
            subprocess.run(["scancel", "--user", "root"], capture_output=True, check=False)
            wait_until(lambda: not ask("squeue", "-h").strip(), 30, "the end of the jobs")
        for daemon in reversed(list(self.daemons)):
            self.stop(daemon)
        for name in ("slurm.conf", "gres.conf"):
            if (ETC / name).exists() and (ETC / name).read_text().startswith(MARK):
                (ETC / name).unlink()


@contextmanager
def running(folder):
    """A cluster for the time of a block."""
    cluster = Cluster(folder)
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()
