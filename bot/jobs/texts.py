"""What members and moderators read of a job's life, in one place: it can be reworded without touching logic.

Amounts of credits come in as words.
"""

from __future__ import annotations

from bot.domain.models import WaitsFor
from bot.domain.text import full_stop
from bot.language import Text

# ---------------------------------------------------------------------- intake

KEY_REFUSED = "Cannon Studio refuses this server's key. A moderator can set a new one with `/studio key`."
NOT_ANSWERED = "Discord did not take the answer in time."
CANCELLED_BY_AUTHOR = "Cancelled by who asked for it."
CANCELLED_BY_MODERATOR = "Cancelled by a moderator."
NOT_DECIDED = "No moderator decided about this within a day. Your credits were refunded."


def too_many_jobs(most: int, asked: int) -> str:
    """Refuse a request for more jobs than go on one card."""
    return f"At most {most} jobs go together; you asked for {asked}."


def in_step(number: int, sentence: str) -> str:
    """Say which step of a recipe the sentence is about."""
    return f"Step {number}: {sentence}"


def retried_already(job_id: str) -> str:
    """Refuse another attempt of an unconfirmed job that has one already."""
    return f"This has been tried again already: job {job_id}."


# ---------------------------------------------------------------------- why a job has ended without a result

FAILED = "Cannon Studio could not make this."
NO_RESULT = "Cannon Studio says this is done, but sent no result."
NOT_FINISHED = "Cannon Studio did not finish this within seven days. Your credits were refunded."
NOT_KNOWN = "Cannon Studio does not know this job any more. Your credits were refunded; I check for it for seven days."
NOT_CONFIRMED = (
    "Cannon Studio did not confirm this job. Your credits were refunded. "
    "Trying again within 12 hours cannot charge twice."
)
FORBIDDEN_WORD = (
    "This server's moderators do not allow a word in the text for this, so it was not sent. Your credits were refunded."
)
NO_WORKING_KEY = "There was no working key for this within a day. Your credits were refunded."


def not_available(operation: str, said: str) -> str:
    """Say that the account may not use the operation; `said` is the API's own sentence."""
    return f"{operation} is not available on this account: {full_stop(said)}"


# ---------------------------------------------------------------------- why a result was not posted

GIVEN_UP = "The bot cannot go on with this: an error of its own."
GIVEN_UP_MADE = f"{GIVEN_UP} `/jobs recover` posts it."


def not_posted_for_a_day(waits_for: WaitsFor | None) -> str:
    """Say that a result could not be posted for a day; `waits_for` is what failed last."""
    if waits_for is WaitsFor.FILE:
        return "Its file could not be downloaded for a day. `/jobs recover` tries it again."
    return "Discord did not take this for a day. `/jobs recover` posts it."


# ---------------------------------------------------------------------- late results

CAME_LATE = "Its result came after it was given up, so it was not posted."

# ---------------------------------------------------------------------- alerts to moderators

KEY_REFUSED_ALERT = Text(
    "Cannon Studio rejects this server's API key. Jobs are waiting, and I keep checking the key. "
    "You can set another one with `/studio key`."
)
KEY_HEALED = "found that the API key works again; jobs continue."
"""A line of the record: who acts comes before it."""


def not_finished_alert(job_id: str) -> str:
    """Alert that a job was followed for seven days without an end."""
    return (
        f"Job {job_id} did not finish at Cannon Studio within seven days. It was refunded here; "
        "check whether the account was charged."
    )


def not_confirmed_alert(job_id: str) -> str:
    """Alert that nobody knows whether Cannon Studio took a job."""
    return (
        f"Job {job_id} was sent to Cannon Studio but never confirmed. It was refunded here; "
        "check whether the account was charged."
    )


def billed_alert(job_id: str, charged: str) -> str:
    """Alert that a job gave no result, but was charged."""
    return f"Job {job_id} failed at Cannon Studio, but was charged all the same: {charged}. That is booked."


def asked_to_wait_alert(until: str) -> str:
    """Alert that Cannon Studio takes no calls of the server's key for long."""
    return f"Cannon Studio asks to wait until {until}. Until then jobs of this server wait; their cards say so."


def given_up_alert(job_id: str) -> str:
    """Alert that the bot has failed at a job again and again."""
    return f"Job {job_id} was given up after ten errors of the bot; its log says why."


def not_posted_alert(job_id: str) -> str:
    """Alert that a result could not be posted for a day."""
    return f"Job {job_id} was made, but could not be posted for a day. It is kept, and `/jobs recover` tries it again."


def question_refused_alert(channel_id: int | None) -> str:
    """Alert that Discord does not take the question whether a card may be made."""
    where = "" if channel_id is None else f" in <#{channel_id}>"
    return (
        f"A job waits for approval, but Discord refuses to show the question{where}. "
        "It ends after a day, and its credits are refunded."
    )


MADE_IN_PRACTICE = "This uses a file that was made in practice, and practice is over: upload the file to use it."
