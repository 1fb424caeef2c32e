"""Where Snakemake would lose results on a cluster, or take the wrong ones for current."""

from snakemake.jobs import GroupJob
from snakemake.persistence import PersistenceBase
from snakemake.scheduling.job_scheduler import JobScheduler

from echoshift.runs import is_of_this_run


async def one_by_one(group, error=False, succeeded=GroupJob.postprocess, **options):
    """Where an allocation fails, jobs in it that had finished keep what they made: Snakemake would remove it with the rest.

    Verbs write an output whole or not at all: one of this run is complete.
    """
    if not error:
        await succeeded(group, **options)
    elif workflow.is_main_process:
        for job in group:
            made = all(map(is_of_this_run, job.output))
            await job.postprocess(error=not made, check_output_mtime=False, **options)


GroupJob.postprocess = one_by_one

if not workflow.is_main_process:  # a job's own Snakemake

    async def left_to_the_scheduler(persistence, job):
        """Its outputs stay marked as incomplete until the scheduler, which alone records how they were made, hears of them.

        If it is killed before, the next run would else take them for those that were recorded last.
        """

    PersistenceBase.finished = left_to_the_scheduler

    def to_the_last_job(scheduler, *arguments, begun=JobScheduler.__init__, **options):
        """One that fails does not stop the others of its allocation, as `keep-going` does not reach here."""
        begun(scheduler, *arguments, **options)
        scheduler.keepgoing = True

    JobScheduler.__init__ = to_the_last_job
