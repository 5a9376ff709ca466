"""What cards, results and notifications say to people, in one place: it can be reworded without touching logic.

Times come in as Discord's time stamps, amounts of credits as words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.models import JobState, WaitsFor

# ---------------------------------------------------------------------- permissions, as Discord names them

VIEW_CHANNEL, EMBED_LINKS, ATTACH_FILES = "View Channel", "Embed Links", "Attach Files"
SEND_MESSAGES, SEND_MESSAGES_IN_THREADS = "Send Messages", "Send Messages in Threads"
READ_MESSAGE_HISTORY, ADD_REACTIONS = "Read Message History", "Add Reactions"

# ---------------------------------------------------------------------- the states of a card

IN_REVIEW = "🔎 Made, waiting for review"
STATES = {
    JobState.AWAITING_APPROVAL: "⏸️ Waiting for a moderator's approval",
    JobState.WAITING: "⏳ In the queue",
    JobState.SUBMITTING: "📨 Starting…",
    JobState.QUEUED: "🕓 Queued at Cannon Studio…",
    JobState.PROCESSING: "⚙️ Making it…",
    JobState.READY: "📦 Made, posting it…",
    JobState.DELIVERED: "✅ Done",
    JobState.FAILED: "❌ Failed",
    JobState.CANCELLED: "🚫 Cancelled",
    JobState.REFUSED: "🚫 Refused",
    JobState.EXPIRED: "⌛ Expired",
    JobState.HELD: "📮 Made, but could not be posted",
}
UNUSUALLY_LONG = "⏳ Taking unusually long. I keep checking and post it here when it is done."
WAITING_FOR_STEP = "⏳ Starts after the step before it"
WAITING_WHILE_PAUSED = "⏸️ Waiting: the moderators have paused new jobs"
CANNON_ASKED_TO_WAIT = "⏳ Cannon Studio asked me to wait; trying again now"
ALMOST_DONE = "a few seconds left"


def posting_waits(state: str, waits_for: WaitsFor, at: str) -> str:
    """Return the state of a result that cannot be posted now; it is tried again at `at`, '' for now."""
    if waits_for is WaitsFor.ERROR:
        return failed_by_us(state, at)
    causes = {WaitsFor.FILE: "the file host does not answer", WaitsFor.DISCORD: "Discord does not take it"}
    cause = causes.get(waits_for)
    return f"{state.rstrip('…')}; {'' if cause is None else f'{cause}, '}{_next_try(at)}"


def failed_by_us(state: str, at: str) -> str:
    """Return the state of a job at which the bot has failed; it is tried again at `at`, '' for now."""
    return f"{state.rstrip('…')}; I failed at this, {_next_try(at)}"


def _next_try(at: str) -> str:
    return f"next try {at}" if at else "trying again now"


def cannon_asks_to_wait(until: str) -> str:
    """Return the state of a job for which Cannon Studio takes no calls until then."""
    return f"⏳ Cannon Studio asks to wait until {until}"


def at_place(state: str, place: int) -> str:
    """Return the state of a job in the queue, 1 being the next."""
    return f"{state}: you are next" if place == 1 else f"{state}: place {place}"


def without_key(state: JobState) -> str:
    """Return the state of a running job whose server has no working API key."""
    return f"⏸️ {state.value.capitalize()}, waiting for a working key of this server"


def time_left(left: str) -> str:
    """Return how long a running job probably still needs."""
    return f"about {left} left"


def taking_longer(left: str) -> str:
    """Return the same of a job that should have been done by now; `left` is '' where nobody can say."""
    return f"taking longer than usual{f', about {left} more' if left else ''}"


def took(state: str, span: str) -> str:
    """Return the state of a job that has finished, on a card of several."""
    return f"{state} in {span}"


def dropped(numbers: Sequence[int], count: int) -> str:
    """Say that a result was cancelled too late and will not be posted; `numbers` of the card's `count`."""
    which = "The result" if count == 1 else f"What number{'' if len(numbers) == 1 else 's'} {_and(numbers)} makes"
    return f"🔕 {which} will not be posted. Changed your mind? Use `/jobs recover`."


def _and(numbers: Sequence[int]) -> str:
    *before, last = map(str, numbers)
    return f"{', '.join(before)} and {last}" if before else last


# ---------------------------------------------------------------------- the facts of a card

FACTS_BETWEEN = " · "
NO_COST = "no charge"
BASES = {"earlier jobs": "from earlier jobs", "estimate tool": "Cannon Studio's estimate"}
"""What an estimate is based on; other bases are shown as they are."""


def seeds(numbers: Sequence[str]) -> str:
    """Return the seeds of a card's results."""
    return f"seed {', '.join(numbers)}"


def it_took(span: str) -> str:
    """Return how long a result took to make."""
    return f"took {span}"


def made_from(link: str) -> str:
    """Return the link to the result that this one was made from."""
    return f"[made from this]({link})"


def left(words: str) -> str:
    """Return what the author has left."""
    return f"You have {words} left."


def price_unknown(held: str) -> str:
    """Return what is held for a job whose price nobody knows yet."""
    return f"up to about {held} (first time: you pay the real price)"


REWRITTEN = "**Rewritten**"
RESULT = "**Result**"


def steps(label: str, count: int) -> str:
    """Return the title of a recipe's card."""
    return f"{label} · {count} step{'' if count == 1 else 's'}"


def several(title: str, count: int) -> str:
    """Return the title of a card with `count` jobs of one operation."""
    return f"{title} · {count}"


READ_BY_MODERATORS = "Moderators can read a private request that needs their approval."
"""Told to its author, on the card that only they see."""


REVIEWED_PRIVATELY = "Moderators look at results on this server before they are shown, at private ones too."
"""Told to its author, as above."""
FIRST_FILES = "There are more files than are shown here: these are the first of them."


def estimated(amount: str, basis: str | None = None) -> str:
    """Return an estimate, with what it is based on unless that is None."""
    return f"about {amount}" if basis is None else f"about {amount} ({basis})"


def more_than_held(cost: str, held: str, *, is_guess: bool) -> str:
    """Return a cost above what was held for it: above an estimate, or above a guess at a price that nobody knew."""
    return f"{cost}, more than the {held} {'held at first' if is_guess else 'estimated'}"


def billed_failure(amount: str) -> str:
    """Return what a job cost that gave no result."""
    return f"{amount} (charged by Cannon Studio although it failed)"


def refunded(count: int) -> str:
    """Return how many of a card's jobs were refunded."""
    return f"{count} refunded"


# ---------------------------------------------------------------------- files and links


def open_result(number: int | None, host: str) -> str:
    """Return the label of a link button: `number` if there are several, and the host that it leads to."""
    numbered = "" if number is None else f" {number}"
    return f"Open result{numbered}" + (f" ({host})" if host else "")


def alt_text(operation: str) -> str:
    """Return what a screen reader says of a medium that was made without a prompt."""
    return f"Made by {operation}"


def sheet_alt_text(count: int) -> str:
    """Return what a screen reader says of a contact sheet."""
    return f"All {count} pictures, with their numbers"


def not_seen(kinds: Iterable[str]) -> str:
    """Refuse a message's link: none of its files, which should be of `kinds`, can be seen.

    Discord shows a bot without the message content intent the files of its own messages only.
    """
    return (
        f"I see no {' or '.join(sorted(kinds))} in that message, or it may not be read. "
        "Upload the file itself, or give the file's own link instead of the message's."
    )


# ---------------------------------------------------------------------- why a result was not posted

CARD_GONE = "Its card is gone."
CANCELLED_LATE = (
    "It was cancelled after Cannon Studio had taken it, so it was paid but not posted. `/jobs recover` posts it."
)
NO_PLACE = (
    "The channel does not take messages from me any more, and a direct message was not possible. The result is kept."
)
NOT_IN_THIS_CHANNEL = (
    "The bot may not be used in this channel, so it was not posted here. `/jobs recover` posts it in another one."
)
AGE_RESTRICTED_ALONE = (
    "It was made with the safety check off, so it is posted in age-restricted channels only. "
    "`/jobs recover` posts it in one."
)
TO_AUTHOR_ALONE = "It was made with the safety check off: only its author gets it by direct message."
NOT_FROM_AGE_RESTRICTED = "What was made in an age-restricted channel does not go to a gallery that is not."
NOT_FROM_HIDDEN = "What was made in a channel that not everybody sees does not go to a gallery that everybody sees."
REFUSED_BY_DISCORD = "Discord refused to show this result."
REVIEW_EXPIRED = "It was made, but no moderator looked at it within seven days, so it was not posted."
NOT_REVIEWED = (
    "On this server moderators look at results before they are posted, and this one was not let through. "
    "A moderator can post it with `/jobs recover`."
)


def refused_by_discord(job_id: str) -> str:
    """Alert the moderators that Discord refuses a result in each form."""
    return (
        f"Discord refused to show the result of job {job_id}, with its files, as links and as plain text. "
        "It is kept, and `/jobs recover` tries it again."
    )


UNUSABLE_NOTE = (
    "Cannon Studio charged this all the same. Moderators can refund it: with the button that a request of its author "
    "puts into their channel, or with `/quota grant`."
)
PRACTICE_MARK = "Practice · not real, costs nothing"


def practice_cost(cost: str) -> str:
    """Say what a job of practice would cost if it were real."""
    return f"{cost} (in practice only)"


def practice_title(title: str) -> str:
    """Mark the title of a card of practice."""
    return f"🧪 Practice · {title}"


def plain_title(title: str) -> str:
    """Return the first line of a result that is posted as plain text."""
    return f"📦 {title}"


def plain_footer(job_id: str) -> str:
    """Return the last line of such a message: what a card has in its footer."""
    return f"cannon-bot · {job_id}"


def posted_here(link: str) -> str:
    """Return what a card's old message says once its result is in another."""
    return f"Posted here: {link}"


def unusable_file(reason: str) -> str:
    """Say that a result's file cannot be downloaded; `reason` is a sentence."""
    return f"Cannon Studio made it, but its file cannot be used. {reason}"


# ---------------------------------------------------------------------- reviews

PLACE, DEADLINE = "Where", "Until"


def may_be_posted(title: str) -> str:
    """Return the title of the message that asks for a review."""
    return f"May this be posted? {title}"


def no_review_channel(channel_id: int) -> str:
    """Tell the moderators that the review channel takes no messages of ours."""
    return (
        f"Results wait for review, but I may not post in <#{channel_id}>. "
        "Give me the right to, or name another channel with `/studio review`."
    )


# ---------------------------------------------------------------------- notifications and the log channel

THE_BOT = "The bot"


def ready(author_id: int, link: str) -> str:
    """Return the message that pings the author."""
    return f"<@{author_id}> Your result is ready: {link}"


def alert(sentence: str) -> str:
    """Return an alert as the log channel shows it."""
    return f"⚠️ {sentence}"


def direct_alert(server: str, sentence: str) -> str:
    """Return an alert as a direct message shows it."""
    return f"**{server}**: {sentence}"


def decision(kind: str, who: str, text: str) -> str:
    """Return a line of the record of decisions."""
    return f"`{kind}` {who} {text}"
