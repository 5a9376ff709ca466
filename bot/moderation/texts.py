"""Blocks and pauses."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.account.texts import BECAUSE, actor
from bot.domain.models import credits_words
from bot.domain.texts import mention
from bot.domain.words.text import full_stop
from bot.language import Plural, Text, because, both, ntr, sentences, tr


def blocked(by_id: int, member_id: int, until: str, reason: str) -> str:
    """Return the line of a block; `until` and `reason` are '' where there is none."""
    who, member = actor(by_id), f"<@{member_id}>"
    if until:
        line = tr("{who} blocked {member} until {until}.", who=who, member=member, until=until)
    else:
        line = tr("{who} blocked {member}.", who=who, member=member)
    return sentences(line, BECAUSE(reason=full_stop(reason))) if reason else line


UNBLOCKED = Text("{who} unblocked {member}.", who=actor, member=mention)


def paused(by_id: int, *, on: bool) -> str:
    if on:
        return tr("{who} paused new jobs.", who=actor(by_id))
    return tr("{who} resumed new jobs.", who=actor(by_id))


# ---------------------------------------------------------------------- approvals

NOT_YOUR_OWN = Text(
    "You can't approve your own job. Ask another moderator, or allow it in `/studio settings`.", why="approval.own"
)
GRANT_NOTE = Text("Approved job")


def refused(reason: str) -> str:
    """Say on the card that a moderator rejected it; `reason` is '' without one."""
    if reason:
        return tr("A moderator rejected this: {reason}", reason=full_stop(reason))
    return tr("A moderator rejected this.")


def approved_line(by_id: int, author_id: int, amount: Decimal, *, granted: bool, practice: bool) -> str:
    names = {"who": actor(by_id), "member": mention(author_id), "credits": credits_words(amount)}
    if granted and practice:
        return tr(
            "{who} approved {member}'s 🧪 practice job of about {credits} and granted them the same amount.", **names
        )
    if granted:
        return tr("{who} approved {member}'s job of about {credits} and granted them the same amount.", **names)
    if practice:
        return tr("{who} approved {member}'s 🧪 practice job of about {credits}.", **names)
    return tr("{who} approved {member}'s job of about {credits}.", **names)


def refused_line(by_id: int, author_id: int, amount: Decimal, reason: str, *, practice: bool) -> str:
    names = {"who": actor(by_id), "member": mention(author_id), "credits": credits_words(amount)}
    if practice:
        line = tr("{who} rejected {member}'s 🧪 practice job of about {credits}.", **names)
    else:
        line = tr("{who} rejected {member}'s job of about {credits}.", **names)
    return sentences(line, BECAUSE(reason=full_stop(reason))) if reason else line


# ---------------------------------------------------------------------- reviews


@because("review.rejected")
def not_posted(reason: str) -> str:
    if reason:
        return tr("A moderator decided not to post this: {reason}", reason=full_stop(reason))
    return tr("A moderator decided not to post this.")


def review_on(by_id: int, channel_id: int | None, review_channel: int) -> str:
    """Return the line of a new review rule; None or 0 is the whole server."""
    who, desk = actor(by_id), f"<#{review_channel}>"
    if channel_id:
        return tr(
            "{who} turned on review for {channel}. Results go to {review_channel} first.",
            who=who,
            channel=f"<#{channel_id}>",
            review_channel=desk,
        )
    return tr(
        "{who} turned on review for the whole server. Results go to {review_channel} first.",
        who=who,
        review_channel=desk,
    )


def review_off(by_id: int, channel_id: int | None) -> str:
    """Return the line of a removed review rule; None: of all."""
    if channel_id is None:
        return tr("{who} turned off review.", who=actor(by_id))
    if not channel_id:
        return tr("{who} turned off review for the whole server.", who=actor(by_id))
    return tr("{who} turned off review for {channel}.", who=actor(by_id), channel=f"<#{channel_id}>")


def reviewed(by_id: int, author_id: int, job_id: str, reason: str, *, published: bool) -> str:
    names = {"who": actor(by_id), "member": mention(author_id), "job": job_id}
    if published:
        line = tr("{who} published {member}'s result `{job}`.", **names)
    else:
        line = tr("{who} rejected {member}'s result `{job}`.", **names)
    return sentences(line, BECAUSE(reason=full_stop(reason))) if reason else line


# ---------------------------------------------------------------------- limits and grants

LIMIT_SET = Text("{who} set the limit of {members} to {limit}.", who=actor)
LIMIT_REMOVED = Text("{who} removed the limit of {members}, which was {limit}.", who=actor)


def granted(by_id: int, member_id: int, amount: str, until: str, note: str) -> str:
    """Return the line of a grant; `until` and `note` are '' where there is none."""
    names = {"who": actor(by_id), "member": f"<@{member_id}>", "credits": amount}
    if until:
        line = tr("{who} granted {member} {credits}, valid until {until}.", **names, until=until)
    else:
        line = tr("{who} granted {member} {credits}.", **names)
    return sentences(line, tr("Note: {note}", note=full_stop(note))) if note else line


# ---------------------------------------------------------------------- credits of jobs that were charged for nothing

NO_READERS = Text(
    "This server has no log channel that I can post in, so no one would read it. Tell a moderator directly.",
    why="log.none",
)
NOTHING_TO_REFUND = Text(
    "There is nothing to refund: it was refunded or requested already, or it was free.", why="refund.nothing"
)


def refund_requested(by_id: int, amount: str, job_id: str, link: str) -> str:
    """Return the line of a member's request for a refund; `link` is the card's message, or ''."""
    line = tr(
        "{who} requests a refund of {credits} for job `{job}`, which was charged without a usable result.",
        who=actor(by_id),
        credits=amount,
        job=job_id,
    )
    return sentences(line, link)


REFUND_NOTE = Text("Refund of job {job}")
REFUNDED_JOB = Text("{who} refunded job `{job}` and granted {member} {credits}.", who=actor, member=mention)


# ---------------------------------------------------------------------- canceled and removed


def job_cancelled(by_id: int, author_id: int, job_id: str) -> str:
    return tr("{who} canceled {member}'s job `{job}`.", **_names(by_id, author_id, job_id))


ON_THEIR_OWN_ACCOUNT = Text("It was on their own account.")


def waiting_cancelled(by_id: int, author_id: int, job_id: str) -> str:
    return tr("{who} canceled the jobs waiting for {member}'s job `{job}`.", **_names(by_id, author_id, job_id))


def result_dropped(by_id: int, author_id: int, job_id: str) -> str:
    return tr(
        "{who} discarded the result of {member}'s job `{job}`. It is charged, but its result will not be posted.",
        **_names(by_id, author_id, job_id),
    )


def results_kept(by_id: int, author_id: int, job_ids: Sequence[str]) -> str:
    return ntr(
        "{who} wants the result of {member}'s job {jobs} posted after all.",
        "{who} wants the results of {member}'s jobs {jobs} posted after all.",
        len(job_ids),
        who=actor(by_id),
        member=mention(author_id),
        jobs=both(f"`{job_id}`" for job_id in job_ids),
    )


def result_recovered(by_id: int, author_id: int, job_id: str) -> str:
    return tr(
        "{who} posted the result of {member}'s job `{job}`, which had been saved.", **_names(by_id, author_id, job_id)
    )


def card_cancelled(by_id: int, author_id: int, job_ids: Sequence[str]) -> str:
    return ntr(
        "{who} canceled {member}'s job {jobs}.",
        "{who} canceled {member}'s jobs {jobs}.",
        len(job_ids),
        who=actor(by_id),
        member=mention(author_id),
        jobs=both(f"`{job_id}`" for job_id in job_ids),
    )


def result_removed(by_id: int, author_id: int, job_id: str, *, with_record: bool) -> str:
    names = _names(by_id, author_id, job_id)
    if with_record:
        return tr("{who} removed {member}'s result `{job}` and its record.", **names)
    return tr("{who} removed {member}'s result `{job}`.", **names)


def _names(by_id: int, author_id: int, job_id: str) -> dict[str, str]:
    return {"who": actor(by_id), "member": mention(author_id), "job": job_id}


# ---------------------------------------------------------------------- results that members report

REPORTED_BEFORE = Text("You can't report this: it is your own, or the moderators have your report.", why="job.once")
TOO_MANY_REPORTS = Plural(
    "You can report {count} result a day. Tell a moderator directly if it is urgent.",
    "You can report {count} results a day. Tell a moderator directly if it is urgent.",
    why="job.once",
)


def result_reported(by_id: int, author_id: int, job_id: str, reason: str, link: str) -> str:
    """Return the line of a report; `link` is the message that shows the result, or ''."""
    line = tr("{who} reported {member}'s result `{job}`.", **_names(by_id, author_id, job_id))
    return sentences(line, BECAUSE(reason=full_stop(reason)), link)


REPORT_DISMISSED = Text("{who} dismissed the report of result `{job}`.", who=actor)
