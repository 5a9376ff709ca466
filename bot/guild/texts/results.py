"""Jobs that are canceled and results that are posted, removed or reported."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.text import full_stop
from bot.domain.texts import mention
from bot.guild.texts import actor, because
from bot.language import Text, both, ntr, tr

# ---------------------------------------------------------------------- canceled and removed


def job_cancelled(by_id: int, author_id: int, job_id: str) -> str:
    """Return the line of a job that was canceled in time."""
    return tr("{who} canceled {member}'s job `{job}`.", **_names(by_id, author_id, job_id))


def waiting_cancelled(by_id: int, author_id: int, job_id: str) -> str:
    """Return the line where only the jobs that wait for this one were canceled."""
    return tr("{who} canceled the jobs waiting for {member}'s job `{job}`.", **_names(by_id, author_id, job_id))


def result_dropped(by_id: int, author_id: int, job_id: str) -> str:
    """Return the line of a job that cannot be stopped any more."""
    return tr(
        "{who} discarded the result of {member}'s job `{job}`. It is charged, but its result will not be posted.",
        **_names(by_id, author_id, job_id),
    )


def result_recovered(by_id: int, author_id: int, job_id: str) -> str:
    """Return the line of a kept result that was posted after all."""
    return tr("{who} posted the result of {member}'s job `{job}`, which was kept.", **_names(by_id, author_id, job_id))


def card_cancelled(by_id: int, author_id: int, job_ids: Sequence[str]) -> str:
    """Return the line of a card of which these jobs were canceled."""
    return ntr(
        "{who} canceled {member}'s job {jobs}.",
        "{who} canceled {member}'s jobs {jobs}.",
        len(job_ids),
        who=actor(by_id),
        member=mention(author_id),
        jobs=both(f"`{job_id}`" for job_id in job_ids),
    )


def result_removed(by_id: int, author_id: int, job_id: str, *, with_record: bool) -> str:
    """Return the line of a result that was taken down."""
    names = _names(by_id, author_id, job_id)
    if with_record:
        return tr("{who} removed {member}'s result `{job}` and its record.", **names)
    return tr("{who} removed {member}'s result `{job}`.", **names)


def _names(by_id: int, author_id: int, job_id: str) -> dict[str, str]:
    return {"who": actor(by_id), "member": mention(author_id), "job": job_id}


# ---------------------------------------------------------------------- results that members report

OWN_RESULT = Text("This is your own result. You can remove it yourself.")
REPORTED_BEFORE = Text("You already reported this result. The moderators have your report.")


def too_many_reports(most: int) -> str:
    """Refuse one report more within a day."""
    return ntr(
        "You can report {count} result a day. Tell a moderator directly if it is urgent.",
        "You can report {count} results a day. Tell a moderator directly if it is urgent.",
        most,
    )


def result_reported(by_id: int, author_id: int, job_id: str, reason: str, link: str) -> str:
    """Return the line of a report; `link` is the message that shows the result, or ''."""
    line = tr("{who} reported {member}'s result `{job}`.", **_names(by_id, author_id, job_id))
    return " ".join([line, because(full_stop(reason)), *([link] if link else [])])


def report_dismissed(by_id: int, job_id: str) -> str:
    """Return the line of a report that a moderator has ended without consequences."""
    return tr("{who} dismissed the report of result `{job}`.", who=actor(by_id), job=job_id)
