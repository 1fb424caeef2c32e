"""Where Snakemake would lose results, or take the wrong ones for current."""

from functools import wraps

from snakemake.exceptions import WorkflowError
from snakemake.jobs import GroupJob
from snakemake.persistence import PersistenceBase
from snakemake.scheduling.job_scheduler import JobScheduler

from echoshift.errors import EchoShiftError
from echoshift.storage.runs import check_run, is_of_this_run


def while_current(act):
    """What a scheduler does with outputs, unless a newer run has taken over: it would remove that one's, or record them as its own."""

    @wraps(act)
    def guarded(*arguments, **options):
        try:
            check_run(RESULTS)
        except EchoShiftError as error:
            raise WorkflowError(str(error)) from None
        return act(*arguments, **options)

    return guarded


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

if workflow.is_main_process:
    JobScheduler.run = while_current(JobScheduler.run)
    JobScheduler._finish_jobs = while_current(JobScheduler._finish_jobs)  # first in each round, before failed ones
else:  # a job's own Snakemake

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
