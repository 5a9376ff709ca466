"""Jobs that wait for a moderator, and results that are reviewed first."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.models import credits_words
from bot.domain.text import full_stop
from bot.domain.texts import mention
from bot.guild.texts import actor, because
from bot.language import Text, ntr, tr

# ---------------------------------------------------------------------- approvals

NOT_YOUR_OWN = Text("You cannot approve your own job. Ask another moderator, or allow it in `/studio settings`.")
GRANT_NOTE = Text("Approved job")


def refused(reason: str) -> str:
    """Say on the card that a moderator has refused it; `reason` is '' where none was given."""
    if reason:
        return tr("A moderator refused this: {reason}", reason=full_stop(reason))
    return tr("A moderator refused this.")


def approved_line(by_id: int, author_id: int, amount: Decimal, *, granted: bool, practice: bool) -> str:
    """Return the line of an approval."""
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
    """Return the line of a refusal."""
    names = {"who": actor(by_id), "member": mention(author_id), "credits": credits_words(amount)}
    if practice:
        line = tr("{who} refused {member}'s 🧪 practice job of about {credits}.", **names)
    else:
        line = tr("{who} refused {member}'s job of about {credits}.", **names)
    return f"{line} {because(full_stop(reason))}" if reason else line


# ---------------------------------------------------------------------- reviews

NO_SUCH_REVIEW = Text("There is no such review rule to turn off.")


def too_many_review_rules(most: int) -> str:
    """Refuse one review rule more."""
    return ntr(
        "This server already has {count} review rule. Turn one off first.",
        "This server already has {count} review rules. Turn one off first.",
        most,
    )


def not_posted(reason: str) -> str:
    """Say to the author that a result was not let through."""
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
    """Return the line of a decision about a result."""
    names = {"who": actor(by_id), "member": mention(author_id), "job": job_id}
    if published:
        line = tr("{who} published {member}'s result `{job}`.", **names)
    else:
        line = tr("{who} refused to post {member}'s result `{job}`.", **names)
    return f"{line} {because(full_stop(reason))}" if reason else line
