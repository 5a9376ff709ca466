"""Results of jobs that were given up: looked for before anything is made, and paid, once more."""

from collections.abc import Sequence

from bot.domain.models import Job
from bot.errors import InputError
from bot.jobs.reconciler import Found
from cogs.results import texts
from cogs.ui.interaction import Interaction


def may_come_late(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs that have ended while their request at Cannon Studio may still succeed."""
    return [job for job in jobs if job.recheck_at is not None]


async def find_late(interaction: Interaction, jobs: Sequence[Job]) -> str | None:
    """Look for the late results of `jobs`, and have them posted; Discord must have been deferred.

    Returns what to tell the member; None if there is none and none will come. Raises InputError if Cannon Studio cannot
    be asked: nobody pays twice because it is down.
    """
    reconciler = interaction.client.parts.reconciler
    found = {await reconciler.look_for_member(job) for job in may_come_late(jobs)}
    if Found.RESULT in found:
        return str(texts.EXISTS)
    if Found.UNKNOWN in found:
        raise InputError(texts.NO_ANSWER)
    return str(texts.STILL_MADE) if Found.STILL_MADE in found else None
