"""What `/jobs` says to people, in one place: it can be reworded without touching logic.

Amounts of credits and times come in as text.
"""

from bot.domain.models import JobState
from bot.domain.text import full_stop

# ---------------------------------------------------------------------- commands and options

JOBS_GROUP = "Jobs: lists, families, cancelling, another try"
JOBS_LIST = "Jobs of this server: your own, or for moderators all"
JOBS_SHOW = "A job with its result, its settings, and what came from what"
JOBS_CANCEL = "Stop a job; what Cannon Studio has begun goes on and is paid"
JOBS_RECOVER = "Post a result that could not be posted: on its card, or here"
JOBS_RETRY = "Try again what failed; the steps before it are kept"
JOBS_LINK = "A fresh link to a result, for the seven days that it is kept"

JOB_ID_OPTION = "The id of a job, as its card shows it"
WHOSE_OPTION = "Your own, or everybody's (for moderators)"
STATE_OPTION = "Only those in this state"
DROP_OPTION = "Do not post the result of what cannot be stopped any more"
HELD_JOB_OPTION = "The id of a job; left out, your newest one that could not be posted"

# ---------------------------------------------------------------------- a page of a list

YOUR_JOBS = "Your jobs"
ALL_JOBS = "Jobs of this server"
NOTHING_MORE = "Nothing more."
NEWER, OLDER = "Newer", "Older"


def list_title(title: str, state: str) -> str:
    """Return the title of a list with jobs in one state only."""
    return f"{title}: {state}"


def list_footer(number: int, pages: int, total: int) -> str:
    """Return the footer of page `number`, counted from 1."""
    return f"Page {number} of {pages} · {total} job{'' if total == 1 else 's'} · more on one: /jobs show"


# ---------------------------------------------------------------------- cancelling

NOT_YOURS = "Only who asked for this job, or a moderator, can do this."
RESULT_DROPPED = "I won't post the result. Changed your mind? Use `/jobs recover`."
RESULT_POSTED = "I post the result when it is done; with `drop` I won't."


def nothing_to_cancel(job_id: str) -> str:
    """Refuse to cancel a job that has ended."""
    return f"Job {job_id} has ended already, so there is nothing to cancel."


def others_refunded(count: int) -> str:
    """Return what is added where `count` jobs that depended on the cancelled one were refunded."""
    return f" {count} that waited for it were refunded too."


def cancelled(job_id: str, others: str) -> str:
    """Say that the job was cancelled in time."""
    return f"Job {job_id} is cancelled; nothing was charged for it.{others}"


def too_late_to_cancel(job_id: str, result: str, others: str) -> str:
    """Say that the job will be charged, and whether its result will be posted."""
    return f"Too late to stop {job_id}: Cannon Studio has started it and it will be charged. {result}{others}"


# ---------------------------------------------------------------------- results that could not be posted

NOTHING_HELD = "Nothing of yours here waits to be posted."
POSTED_MEANWHILE = "This has been posted already."
FILE_UNREACHABLE = "Its file, or Discord, cannot be reached just now. Try again in a minute."


def still_being_made(job_id: str) -> str:
    """Refuse to post the result of a job that has not ended."""
    return f"Job {job_id} is still being made."


def no_result(job_id: str, state: JobState, reason: str | None) -> str:
    """Refuse to post what has ended without a result."""
    why = f" {full_stop(reason)}" if reason else ""
    return f"Job {job_id} {state.value}:{why} There is no result to post."


def posted(link: str) -> str:
    """Say where the results were posted."""
    return f"Posted: {link}"
