"""Limits, grants and refunds."""

from __future__ import annotations

from bot.domain.text import full_stop
from bot.guild.texts import actor
from bot.language import Text, tr

# ---------------------------------------------------------------------- limits and grants

NO_SUCH_LIMIT = Text("This limit no longer exists. Choose one from the list.")


def limit_set(by_id: int, whose: str, terms: str) -> str:
    """Return the line of a limit."""
    return tr("{who} set the limit of {members} to {limit}.", who=actor(by_id), members=whose, limit=terms)


def limit_removed(by_id: int, whose: str, terms: str) -> str:
    """Return the line of a removed limit."""
    return tr("{who} removed the limit of {members}, which was {limit}.", who=actor(by_id), members=whose, limit=terms)


def granted(by_id: int, member_id: int, amount: str, until: str, note: str) -> str:
    """Return the line of a grant; `until` and `note` are '' where there is none."""
    names = {"who": actor(by_id), "member": f"<@{member_id}>", "credits": amount}
    if until:
        line = tr("{who} granted {member} {credits}, valid until {until}.", **names, until=until)
    else:
        line = tr("{who} granted {member} {credits}.", **names)
    return " ".join([line, tr("Note: {note}", note=full_stop(note))]) if note else line


# ---------------------------------------------------------------------- credits of jobs that were charged for nothing

REFUND_ASKED = Text("The moderators already have your request for this refund.")
NOTHING_TO_REFUND = Text("There is nothing to refund. It was already refunded, or it was free.")


def refund_requested(by_id: int, amount: str, job_id: str, link: str) -> str:
    """Return the line of a member's request for a refund; `link` is the card's message, or ''."""
    line = tr(
        "{who} requests a refund of {credits} for job `{job}`, which was charged without a usable result.",
        who=actor(by_id),
        credits=amount,
        job=job_id,
    )
    return f"{line} {link}".rstrip()


def refund_note(job_id: str) -> str:
    """Return the note of a grant that refunds a job."""
    return tr("Refund of job {job}", job=job_id)


def refunded_job(by_id: int, member_id: int, amount: str, job_id: str) -> str:
    """Return the line of a refund: a grant of what the job has cost."""
    return tr(
        "{who} refunded job `{job}` and granted {member} {credits}.",
        who=actor(by_id),
        job=job_id,
        member=f"<@{member_id}>",
        credits=amount,
    )
