"""What approvals and reviews say. Amounts come in with their unit, what members wrote escaped."""

from __future__ import annotations

from decimal import Decimal

from bot.account.texts import BECAUSE
from bot.delivery.texts import BASES
from bot.domain.models import credits_words
from bot.domain.texts import mention
from bot.domain.words.text import full_stop, stamp
from bot.language import Text, aside, sentences, tr

REASON_INPUT = Text("Reason (the member sees it)")
REFUSE = Text("Reject…")
AUTHOR = Text("Requested by")
FOOTER = "cannon-bot · {subject_id}".format


def refused(by_id: int, reason: str) -> str:
    """Say who refused, and why if `reason` is not empty."""
    if not reason:
        return tr("Rejected by {member}.", member=f"<@{by_id}>")
    return full_stop(tr("Rejected by {member}: {reason}", member=f"<@{by_id}>", reason=reason))


# ---------------------------------------------------------------------- approvals

NO_APPROVAL_CHANNEL = Text("A job is waiting for approval. Choose an approval channel in `/studio settings`.")
CHANNEL = Text("Channel")
ESTIMATE = Text("Estimated cost")
EXPIRES = Text("Expires")
APPROVE = Text("Approve")
APPROVE_AND_GRANT = Text("Approve + grant {credits}")
OPEN_CARD = Text("Open card")
REFUSE_JOB_FORM = Text("Reject this job")
PRIVATE_REQUEST = Text("This is a private job. Its prompt is shown only in an approval channel.")
APPROVAL_CHANNEL_CLOSED = Text(
    "A job is waiting for approval, but I can't post in {channel}. Give me access or choose another channel.",
    channel="<#{}>".format,
)
APPROVAL_TITLE = Text("Approve this job? {operation}")
APPROVED_TITLE, REFUSED_TITLE = Text("Approved: {operation}"), Text("Rejected: {operation}")
EXPIRED_TITLE, CANCELED_TITLE = Text("Expired: {operation}"), Text("Canceled: {operation}")
APPROVAL_PRACTICE = Text("🧪 Practice · {title}")


def approval_estimate(amount: Decimal, basis: str) -> str:
    """Return what the jobs are expected to cost, and what that is based on; `basis` is what the store calls it."""
    price = credits_words(amount)
    return aside(price, BASES[basis]) if basis in BASES else price


ABOVE_A_LIMIT = Text("Over a limit")
_ABOVE = {
    "limit": Text(
        "This is over the member's limit, so they asked you. With Approve it still counts toward their limit. With a "
        "grant, the grant pays for it."
    ),
    "ceiling": Text("This costs more than the maximum price of a job, so the member asked you."),
}


def above_what(reason: str) -> str:
    """Say what a request exceeds: `limit` or `ceiling`."""
    return str(_ABOVE[reason])


def approved(by_id: int, member_id: int, granted: Decimal, at: float) -> str:
    """Say who approved, when (Unix seconds), and how many credits the member was granted, if any."""
    said = tr("Approved by {member} on {date}.", member=mention(by_id), date=stamp(at, "f"))
    if not granted:
        return said
    got = tr(
        "{member} received {credits} on top of their limit.", member=mention(member_id), credits=credits_words(granted)
    )
    return sentences(said, got)


def refused_job(by_id: int, reason: str, at: float) -> str:
    """Say who refused, when (Unix seconds), and why if `reason` is not empty."""
    said = tr("Rejected by {member} on {date}.", member=mention(by_id), date=stamp(at, "f"))
    return sentences(said, BECAUSE(reason=full_stop(reason))) if reason else said


# ---------------------------------------------------------------------- review

PUBLISH = Text("Publish")
PUBLISHED_TITLE, NOT_PUBLISHED_TITLE = Text("Published"), Text("Rejected")
REFUSE_RESULT_FORM = Text("Reject this result")


PEOPLE_WORK_THERE = Text(
    "Members use the bot in {channel} and would see results before the review. Choose a channel "
    "that only moderators can read.",
    why="review.channel",
    channel="<#{}>".format,
)


PUBLISHED = Text("Published by {member}.", member="<@{}>".format)
