"""Texts of cards, results and notifications.

Times are Discord's timestamps, amounts of credits and durations are words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.models import UNKNOWN, JobState, MediaKind, WaitsFor
from bot.language import Plural, Text, amount, because, both, either, listed, ntr, sentences, tr

# ---------------------------------------------------------------------- permissions, as Discord names them

VIEW_CHANNEL, EMBED_LINKS, ATTACH_FILES = Text("View Channel"), Text("Embed Links"), Text("Attach Files")
SEND_MESSAGES, SEND_MESSAGES_IN_THREADS = Text("Send Messages"), Text("Send Messages in Threads")
READ_MESSAGE_HISTORY, ADD_REACTIONS = Text("Read Message History"), Text("Add Reactions")

# ---------------------------------------------------------------------- the states of a card

IN_REVIEW = Text("🔎 Made, waiting for review")
STATES = {
    JobState.AWAITING_APPROVAL: Text("⏸️ Waiting for a moderator's approval"),
    JobState.WAITING: Text("⏳ In the queue"),
    JobState.SUBMITTING: Text("📨 Starting…"),
    JobState.QUEUED: Text("🕓 Queued at Cannon Studio…"),
    JobState.PROCESSING: Text("⚙️ Making it…"),
    JobState.READY: Text("📦 Made, posting it…"),
    JobState.DELIVERED: Text("✅ Done"),
    JobState.FAILED: Text("❌ Failed"),
    JobState.CANCELLED: Text("🚫 Canceled"),
    JobState.REFUSED: Text("🚫 Rejected"),
    JobState.EXPIRED: Text("⌛ Expired"),
    JobState.HELD: Text("📮 Made, but not posted"),
}
UNUSUALLY_LONG = Text(
    "⏳ This is taking unusually long. I'll keep checking and post it when it's ready.", why="job.slow"
)
WAITING_FOR_STEP = Text("⏳ Starts after the step before it")
WAITING_FOR_PRICE = Text("⏳ Starts once its price is known")
WAITING_WHILE_PAUSED = Text("⏸️ Waiting: moderators have paused new jobs")
WAITING_TO_CONTINUE = Text("⏸️ Waiting. I'll continue as soon as I can.")
"""While the payer's key is rejected: whose key it is, and why, is not for everybody."""
FAILED_BY_US = Text("⚠️ Something went wrong on my side.", why="bot.fault")
POSTING_WAITS = {
    WaitsFor.FILE: Text("📦 Made, but the file's host is not responding.", why="file.host"),
    WaitsFor.DISCORD: Text("📦 Made, but Discord is not accepting it right now.", why="result.not_posted"),
    WaitsFor.ERROR: FAILED_BY_US,
}
POSTING_WAITS_FOR_OTHERS = Text("📦 Made, but not posted yet.")
"""Readers do not know what such a result waits for."""


def posting_waits(waits_for: WaitsFor, at: str) -> str:
    """Return the state of a result that can't be posted now; retried at `at`, '' for now."""
    return sentences(POSTING_WAITS.get(waits_for, POSTING_WAITS_FOR_OTHERS), _next_try(at))


def failed_by_us(at: str) -> str:
    """Return the state of a job after an error of the bot; retried at `at`, '' for now."""
    return sentences(FAILED_BY_US, _next_try(at))


def _next_try(at: str) -> str:
    return tr("I'll try again at {time}.", time=at) if at else tr("I'm trying again now.")


CANNON_ASKS_TO_WAIT = Text("⏳ Cannon Studio is busy. Retrying at {time}.", why="studio.busy")


def at_place(place: int) -> str:
    return tr("⏳ In the queue: you are next") if place == 1 else tr("⏳ In the queue: place {place}", place=place)


EXPECTED = Text("{state} expected {time}")
"""The state of a running job, such as `⚙️ Making it…`, with Discord's relative time, such as `in 12 seconds`.

Readers also see it once the time has passed: `3 seconds ago`.
"""
FIRST_GUESS = Text("{state} a first guess: {time}")
"""The same as long as no job of its kind has ended."""


def taking_longer(state: str, time: str) -> str:
    """Return the same for an overdue job; `time` is '' if unknown."""
    if not time:
        return tr("{state} taking longer than usual", state=state)
    return tr("{state} taking longer than usual, now expected {time}", state=state, time=time)


TOOK = Text("✅ Done in {time}")
ENDED_BECAUSE = Text("{state}: {reason}")
JOB_IS = Text("{option}: {value}")


def dropped(numbers: Sequence[int], count: int) -> str:
    """Say that a result was canceled too late and will not be posted; `numbers` of the card's `count`."""
    if count == 1:
        said = tr("🔕 I won't post the result.")
    elif len(numbers) == 1:
        said = tr("🔕 I won't post result {number}.", number=numbers[0])
    else:
        said = tr("🔕 I won't post results {numbers}.", numbers=both(map(str, numbers)))
    return sentences(said, CHANGED_YOUR_MIND)


CHANGED_YOUR_MIND = Text("Changed your mind? Press **Post it after all**.")

# ---------------------------------------------------------------------- a shoot-out

SHOOTOUT_MADE = Text("🗳️ Shoot-out: {ready} of {count} results are ready. Voting begins when all are here.")
SHOOTOUT_ASKS = Text("🗳️ Which one is best? Vote below; the letters are in the order of the results.")
SHOOTOUT_WITHOUT = Text("{letter} was not made, so it takes no votes.")
SHOOTOUT_VOTES = Plural("{count} vote", "{count} votes")
SHOOTOUT_SO_FAR = Plural("{count} vote so far.", "{count} votes so far.")
SHOOTOUT_ENDS = Text("The vote ends {when}. Then models, times, and credits are shown.")
SHOOTOUT_WON = Text("🏆 **{letter} wins: {model}**")
SHOOTOUT_TIE = Text("🤝 It's a tie, so no one wins.")
SHOOTOUT_NO_VOTES = Text("🗳️ No one voted, so no one wins.")
SHOOTOUT_ALONE = Text("🗳️ There were fewer than two results, so no one wins.")
SHOOTOUT_LINE = Text("**{letter}** {model} · {facts}")
SHOOTOUT_MISSED = Text("**{letter}** {model} · no result")
SECRET_STATE = Text("🗳️ In a shoot-out")
SECRET_COST = Text("credits are shown after the vote")

# ---------------------------------------------------------------------- the facts of a card

NO_COST = Text("no charge")
BASES = {
    "fixed": Text("fixed price"),
    "earlier jobs": Text("based on earlier jobs"),
    "estimate tool": Text("Cannon Studio's estimate"),
    "price list": Text("from this server's price list"),
    "host's price list": Text("from the host's price list"),
    UNKNOWN: Text("its price was not known"),
}
"""What an estimate is based on, by what the store calls it."""


def seeds(numbers: Sequence[str]) -> str:
    return ntr("seed {seeds}", "seeds {seeds}", len(numbers), seeds=listed(numbers))


IT_TOOK = Text("took {time}")
WITH_CAST = Text("with {names}", names=both)
MADE_FROM = Text("[made from this]({link})")
PRICE_UNKNOWN = Text("perhaps {amount}, it can be more (you pay the actual cost)")
REWRITTEN = Text("**Rewritten**")
RESULT = Text("**Result**")
STEPS = Plural("{recipe} · {count} step", "{recipe} · {count} steps")


def several(title: str, count: int) -> str:
    """Return the title of a card with `count` jobs of one operation."""
    return f"{title} · {amount(count)}"


READ_BY_MODERATORS = Text("Moderators can read a private job that needs their approval.")
"""To its author, on the card that only they see."""
REVIEWED_PRIVATELY = Text("On this server, moderators review results before they are posted, private ones too.")
"""To its author, as above."""
FIRST_FILES = Text("There are more files than a message can hold. These are the first ones.")


def estimated(cost: str, basis: Text | None = None) -> str:
    """Return an estimate, with what it is based on unless that is None."""
    if basis is None:
        return tr("about {amount}", amount=cost)
    return tr("about {amount} ({basis})", amount=cost, basis=basis)


def more_than_held(cost: str, held: str, *, is_guess: bool) -> str:
    """Return a cost above its hold: above an estimate, or above a guess at an unknown price."""
    if is_guess:
        return tr("{cost}, more than the {held} held at first", cost=cost, held=held)
    return tr("{cost}, more than the {held} estimated", cost=cost, held=held)


BILLED_FAILURE = Text("{amount} (Cannon Studio charged this although it failed)")
REFUNDED = Plural("{count} refunded", "{count} refunded")


# ---------------------------------------------------------------------- files and links

SOUGHT = {
    MediaKind.IMAGE: Text("image"),
    MediaKind.VIDEO: Text("video"),
    MediaKind.AUDIO: Text("audio"),
    MediaKind.FILE: Text("file"),
}
"""What a message's link was given for."""


def open_result(number: int | None, host: str) -> str:
    """Return a link button's label: `number` if there are several, and the host."""
    if number is None:
        return tr("Open result ({host})", host=host) if host else tr("Open result")
    if not host:
        return tr("Open result {number}", number=number)
    return tr("Open result {number} ({host})", number=number, host=host)


ALT_TEXT = Text("Made with {operation}")
MADE_WITH_AI = Text("Made with AI")
"""The AI label of a result; the model follows."""


@because("file.kind")
def not_seen(kinds: Iterable[MediaKind]) -> str:
    """Refuse a message's link: none of its files, which should be of `kinds`, can be seen.

    Discord shows a bot without the message content intent the files of its own messages only.
    """
    sought = either(str(SOUGHT[kind]) for kind in MediaKind if kind in set(kinds))
    return tr(
        "I can't see a file of this kind in that message: {kinds}. "
        "Upload the file, or use the link of the file instead of the message's.",
        kinds=sought,
    )


# ---------------------------------------------------------------------- why a result was not posted

CARD_GONE = Text("The card was deleted.")
CANCELLED_LATE = Text(
    "The job was canceled after Cannon Studio had started it, so it was charged but not posted. "
    "To post it, press **Post it** in `/jobs`."
)
NOT_IN_THIS_CHANNEL = Text(
    "I can't post here. Open `/jobs` in another channel and press **Post it**.", why="result.no_place"
)
AGE_RESTRICTED_ALONE = Text(
    "This result was made with the NSFW check off, so I only post it in age-restricted channels. "
    "To post it in one, press **Post it** in `/jobs` there.",
    why="place.nsfw",
)
TO_AUTHOR_ALONE = Text(
    "This result was made with the NSFW check off, so only its author can get it by direct message.", why="place.nsfw"
)
NOT_FROM_AGE_RESTRICTED = Text(
    "A result from an age-restricted channel can only be shown in channels that are age-restricted, too."
)
NOT_FROM_HIDDEN = Text(
    "A result that is private, or from a private channel, can't be shown in a gallery or a channel that everyone sees.",
    why="source.hidden",
)
AUTHOR_NOT_SHOWN = Text("The author of this result chose in `/me` not to be shown in galleries.", why="source.hidden")
POST_TITLE, REMOVED_POST = Text("Result"), Text("Removed")
TAG_NEEDED = Text(
    "{channel} requires a tag, and has none that I may use. Add one there.",
    why="place.permissions",
    channel="<#{}>".format,
)
BEST_OF_WEEK = Text("Best of the week")
ORIGINAL = Text("View the original")
CANNOT_POST_WEEK = Text(
    "⚠️ I can't post the best of the week in {channel}. Check it with `/studio settings`.",
    why="place.permissions",
    channel="<#{}>".format,
)
REFUSED_BY_DISCORD = Text("Discord rejected this result.", why="result.rejected")
REVIEW_EXPIRED = Text("No moderator reviewed the result within seven days, so I did not post it.", why="review.expired")
REVIEW_WITHDRAWN = Text("Its author chose not to post the result, so there is nothing to decide.")
NOT_SHARED_UNREVIEWED = Text(
    "On this server, moderators review results before they are posted, so a private one can't be shared here.",
    why="review.rejected",
)
NOT_REVIEWED = Text(
    "On this server, moderators review results before they are posted, and they did not publish "
    "this one. A moderator can still press **Post it** in `/jobs`.",
    why="review.rejected",
)


CHARGED_FOR_NOTHING = Text(
    "Cannon Studio charged for this anyway. Press **Request refund** to ask a moderator.", why="job.charged"
)
PRACTICE_MARK = Text("Practice · not real, costs nothing")
ON_OWN_ACCOUNT = Text("on your own account")
PRACTICE_COST = Text("{cost} (in practice only)")
PRACTICE_TITLE = Text("🧪 Practice · {title}")


def unusable_file(reason: str) -> str:
    """Say that a result's file cannot be downloaded; `reason` is a sentence."""
    return sentences(UNUSABLE, reason)


UNUSABLE = Text("I can't use its file.", why="file.gone")

# ---------------------------------------------------------------------- reviews

PLACE, DEADLINE = Text("Channel"), Text("Deadline")


def may_be_posted(title: str) -> str:
    """Return the title of the message that asks for a review; `title` is the result's, '' for none."""
    return tr("May I post this? {title}", title=title) if title else tr("May I post this?")


NO_REVIEW_CHANNEL = Text(
    "Results are waiting for review, but I can't post in {channel}. "
    "Allow me to post there, or choose another channel with `/studio settings`.",
    why="review.channel",
    channel="<#{}>".format,
)


# ---------------------------------------------------------------------- notifications and the log channel

READY = Text("{member} Your result is ready: {link}", member="<@{}>".format)
READY_DIRECTLY = Text("Your result is ready: {link}")
ALERT = "⚠️ {sentence}".format
DIRECT_ALERT = "**{server}**: {sentence}".format


def unreached(job_id: str, *, is_refund: bool) -> str:
    if is_refund:
        return tr(
            "I couldn't post your refund request for job `{job}` in any of the moderators' channels, so they don't have"
            " it. Ask a moderator to use `/quota grant`.",
            job=job_id,
        )
    return tr(
        "I couldn't post your report of result `{job}` in the moderators' log channel, so they don't have it."
        " Tell a moderator directly.",
        job=job_id,
    )


def stars(count: int) -> str:
    return f"⭐ {amount(count)}"
