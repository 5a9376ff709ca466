"""Texts about limits, refusals, alerts, prices and settings.

Amounts are numbers of credits, times Discord's markup, places mentions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from bot.domain.models import credits_text, credits_words
from bot.domain.words.orders import Variation
from bot.language import Plural, Text, amount, aside, because, either, ntr, percent, ptr, sentences, tr

FORMER_MEMBER = Text("a former member")
_FORMER = re.compile(r"<@-(\d+)>")


def mention(member_id: int) -> str:
    """Return a member's mention; none for a random number, which replaces an erased member."""
    return f"<@{member_id}>" if member_id > 0 else str(FORMER_MEMBER)


def with_former_members(text: str) -> str:
    """Return a stored text for people: it may mention random numbers."""
    return _FORMER.sub(str(FORMER_MEMBER), text)


def numbered_member(member_id: int) -> str:
    """Return a member's number for a table; random ones stay distinct, so that they can be summed."""
    return str(member_id) if member_id > 0 else f"{FORMER_MEMBER} {-member_id}"


# ---------------------------------------------------------------------- what a job was made from

VARIATIONS: Mapping[Variation, Text] = MappingProxyType(
    {
        Variation.SUBTLE: Text("Subtle variation"),
        Variation.STRONG: Text("Strong variation"),
        Variation.LOOK: Text("New look"),
        Variation.ZOOM_OUT: Text("Zoomed out"),
        Variation.UPSCALE: Text("Upscaled"),
    }
)
LOOKS_LIKE_KEY = Text(
    "This looks like an API key, so I stored nothing. Enter a key only in the form of `/me` or `/studio key`, and "
    "replace it if others saw it.",
    why="key.misplaced",
)
EARLIER_RESULT = Text("an earlier result")
GONE = Text("This is no longer here, or it isn't yours to use. Run the command again.", why="button.gone")
"""The constant answer: it does not reveal whether a job of another server exists."""
EXPIRED = Text("This was already used or has expired. Run the command again.", why="price.expired")
TOO_MANY_JOBS = Text(
    "One request can have 1 to {most} jobs. Yours has {count}.", why="batch.prompts", most=amount, count=amount
)
UNCHANGED = Text("Nothing has changed: it is so already, or it is no longer there.", why="settings.unchanged")
OWNER_ONLY = Text("Only the member who requested this or a moderator can do this.", why="owner.only")
IN_SERVER_ONLY = Text("This works only in a server, because the server's key pays for it.", why="place.server")
MANAGERS_ONLY = Text(
    "You need the permission **Manage Server** for this. The moderator role isn't enough.", why="role.manager"
)
MADE_IN_PRACTICE = Text(
    "This uses a file from practice, and practice has ended. Upload the file to use it.", why="practice.over"
)
MODERATORS_ONLY = Text(
    "Only moderators can do this. You need the permission **Manage Server**, or the role set in `/studio settings`.",
    why="role.moderator",
)
NOT_NOW = Text("I can't reach Discord or the file right now. Try again in a minute.", why="discord.trouble")
STILL_MADE = Text("Cannon Studio is still working on this job. I'll post the result when it's ready.", why="job.slow")
OTHER_MEMBER = Text("Choose another member: not yourself, and not a bot.", why="settings.value")
AMOUNT = Text(
    "{field}: enter credits as a number from {low} to {high}, such as 12 or 1.5.",
    why="settings.value",
    low=amount,
    high=amount,
)
CREDITS_LEAST, CREDITS_MOST = Decimal("0.01"), Decimal(999_999_999)
LIST_FULL = Text("There can be up to {most} here. Remove one first.", why="settings.full", most=amount)
TURNED_OFF = Text("This server's moderators have turned off {operation}.", why="command.off")
VARIATION_OF, EDIT_OF = Text("{variation} of {words}"), Text("{edit} · of {words}")


# ---------------------------------------------------------------------- refusals: who, where, what

PAUSED = Text(
    "Moderators have paused new jobs on this server; running jobs still finish. Try again later.", why="pause.server"
)
UNCHECKED = Text("You can turn the NSFW check off only in age-restricted channels. Keep it on here.", why="place.nsfw")
FORBIDDEN_WORD = Text(
    "Your text contains a word that this server does not allow. Change the text and try again.", why="word.forbidden"
)


ANOTHER_CHANNEL = Text("another one")


@because("place.channel")
def allowed_elsewhere(channels: Sequence[int]) -> str:
    return tr(
        "You can't use the bot in this channel. Try {channels}.",
        channels=either(f"<#{channel}>" for channel in channels) or ANOTHER_CHANNEL,
    )


@because("member.blocked")
def blocked(until: str | None, reason: str) -> str:
    """Refuse a blocked member; `until` is None for good, `reason` a sentence or empty."""
    why = tr("Reason: {reason}", reason=reason) if reason else ""
    if until is not None:
        said = tr("A moderator has blocked you from using the bot on this server until {until}.", until=until)
        return sentences(said, why)
    said = tr("A moderator has blocked you from using the bot on this server.")
    ask = tr("If that is a mistake, ask a moderator to unblock you.")
    return sentences(said, why, ask)


# ---------------------------------------------------------------------- refusals: how much, how many


ABOVE_CEILING = Text(
    "A job may cost at most {ceiling} here, and {title} needs about {price}. Choose a cheaper option.",
    why="limit.price",
    ceiling=credits_words,
    title=tr,
    price=credits_text,
)
MORE_THAN_AGREED = Text(
    "This would cost about {price}, more than the agreed {agreed}. Try again to see the price first.",
    why="price.changed",
    price=credits_text,
    agreed=credits_text,
)
ACCOUNT_LEFT = Plural(
    "This server's Cannon Studio account has {count} credit left.",
    "This server's Cannon Studio account has {count} credits left.",
    why="account.credits",
)
OWN_ACCOUNT_LEFT = Plural(
    "Your own account has {count} credit left, and this needs about {price}. Top it up, or let the server pay.",
    "Your own account has {count} credits left, and this needs about {price}. Top it up, or let the server pay.",
    why="account.own",
    price=credits_text,
)
TOP_UP_OR_OTHER_KEY = Text("A moderator can top it up or set another key.", why="account.credits")
HOST_BALANCE_TOO_LOW = Text(
    "The bot's host pays here, and their Cannon Studio account can't cover this right now. A "
    "moderator can set a key for this server.",
    why="account.host",
)
HOST_TOTAL_REACHED = Text("The host's credits for all servers together can't cover this until {day}.", why="limit.host")
HOST_LIMIT_REACHED = Text("The host's credits for this server do not cover this until {day}.", why="limit.host")
NO_HOST_LIMIT_WITH_A_KEY = Text("A server with its own key has no such limit.", why="limit.host")
TOO_MANY_AT_ONCE = Text("That's {count} jobs. You can run {running} and queue {queued} at once.", why="queue.full")
QUEUE_FULL = Text(
    "Your queue is full: {running} running and {queued} of {limit} waiting. Try again when one is done.",
    why="queue.full",
)
ASKED_ALREADY = Text(
    "You already have a job waiting for approval. Wait for the decision, or cancel it first.", why="approval.waiting"
)

# ---------------------------------------------------------------------- limits: what they are

WHOLE_SERVER, EVERY_MEMBER = Text("the whole server"), Text("every member")
A_DAY = Plural("{count} credit a day", "{count} credits a day")
A_WEEK = Plural("{count} credit a week", "{count} credits a week")
A_MONTH = Plural("{count} credit a month", "{count} credits a month")
IN_TOTAL = Plural("{count} credit in total", "{count} credits in total")


def limit_terms(allowance: str, operation: str, channel: str) -> str:
    """Return what a limit allows, of what and where: `10 credits a day for Generate image in #art`.

    `operation` and `channel` may be empty.
    """
    if operation and channel:
        return tr("{allowance} for {operation} in {channel}", allowance=allowance, operation=operation, channel=channel)
    if operation:
        return tr("{allowance} for {operation}", allowance=allowance, operation=operation)
    return tr("{allowance} in {channel}", allowance=allowance, channel=channel) if channel else allowance


# ---------------------------------------------------------------------- refusals: limits


OWN_DAILY_LEFT = Plural(
    "You have {left} of your {count} daily credit left. Next reset: {resets}.",
    "You have {left} of your {count} daily credits left. Next reset: {resets}.",
    why="limit.member.day",
    left=credits_text,
)
OWN_WEEKLY_LEFT = Plural(
    "You have {left} of your {count} weekly credit left. Next reset: {resets}.",
    "You have {left} of your {count} weekly credits left. Next reset: {resets}.",
    why="limit.member.week",
    left=credits_text,
)
OWN_MONTHLY_LEFT = Plural(
    "You have {left} of your {count} monthly credit left. Next reset: {resets}.",
    "You have {left} of your {count} monthly credits left. Next reset: {resets}.",
    why="limit.member.month",
    left=credits_text,
)
OWN_TOTAL_LEFT = Plural(
    "You have {left} of your {count} credit left. It does not reset.",
    "You have {left} of your {count} credits left. They do not reset.",
    why="limit.member.total",
    left=credits_text,
)
SERVER_DAILY_LEFT = Plural(
    "This server has {left} of its {count} daily credit left. Next reset: {resets}.",
    "This server has {left} of its {count} daily credits left. Next reset: {resets}.",
    why="limit.server.day",
    left=credits_text,
)
SERVER_WEEKLY_LEFT = Plural(
    "This server has {left} of its {count} weekly credit left. Next reset: {resets}.",
    "This server has {left} of its {count} weekly credits left. Next reset: {resets}.",
    why="limit.server.week",
    left=credits_text,
)
SERVER_MONTHLY_LEFT = Plural(
    "This server has {left} of its {count} monthly credit left. Next reset: {resets}.",
    "This server has {left} of its {count} monthly credits left. Next reset: {resets}.",
    why="limit.server.month",
    left=credits_text,
)
SERVER_TOTAL_LEFT = Plural(
    "This server has {left} of its {count} credit left. It does not reset.",
    "This server has {left} of its {count} credits left. They do not reset.",
    why="limit.server.total",
    left=credits_text,
)
RESETS_ON = Text("{day}, {when}")
ALSO_GRANTED = Plural("You also have {count} granted credit left.", "You also have {count} granted credits left.")


def limit_is_about(operation: str, channel: str) -> str:
    if operation and channel:
        what = tr("{allowance} in {channel}", allowance=tr(operation), channel=channel)
    else:
        what = tr(operation) if operation else channel
    return tr("This limit is for {operation}.", operation=what)


JOB_NEEDS = Text("This job needs about {price}.", price=credits_text)
JOBS_NEED = Text("These {count} jobs need about {price}.", price=credits_text)
FIT_NOW = Text("{count} of {all} fit now.")
OWN_LIMIT_IS_ZERO = Text(
    "Your limit for this is 0 credits, so you can't use it. Ask a moderator to raise it.", why="limit.member.zero"
)
SERVER_LIMIT_IS_ZERO = Text(
    "This server's limit for this is 0 credits, so no one can use it here. Ask a moderator to raise it.",
    why="limit.server.zero",
)

# ---------------------------------------------------------------------- what is left to a member


LEFT_OF_OWN = Text("{left} of {limit}", left=credits_text)
LEFT_OF_SERVER = Text("{left} of the server's {limit}", left=credits_text)
LEFT_WITH_GRANTS = Text("{left} with grants (limit: {limit})", left=credits_text)
IN_THE_ACCOUNT = Text("{credits} in the server's account", credits=credits_words)
LEFT_NOW = Text("Left now: {left}.")
LEFT_NOW_AND_THEN = Text("Left now: {left}. After this: {after}.", after=credits_text)


# ---------------------------------------------------------------------- alerts


def limit_reached(member_id: int | None, terms: str, share: float, used: Decimal, resets: str | None) -> str:
    """Say that a limit is used up, or nearly; `member_id` is None for the server's, `share` 1 for all of it."""
    values = {"share": percent(share), "limit": terms, "used": credits_text(used)}
    if member_id is None:
        said = tr("The server has used {share} of its limit of {limit} ({used} spent or held).", **values)
    else:
        member = f"<@{member_id}>"
        said = tr("{member} has used {share} of a limit of {limit} ({used} spent or held).", member=member, **values)
    return said if resets is None else sentences(said, tr("It resets {when}.", when=resets))


def balance_low(free: Decimal, week: Decimal, day: Decimal) -> str:
    """Say that the account's credits will not last for a week."""
    left = ntr(
        "The Cannon Studio account has {count} credit left.",
        "The Cannon Studio account has {count} credits left.",
        free,
    )
    return sentences(left, _COMING_WEEK(week=week, day=day))


def balance_lasts_briefly(week: Decimal, day: Decimal) -> str:
    """Say the same without the amount: the account is the host's."""
    said = tr("The Cannon Studio account that pays here may run out of credits within a week.")
    return sentences(said, _COMING_WEEK(week=week, day=day))


_COMING_WEEK = Text(
    "At the current {day} a day, the next seven days need about {week}.", day=credits_text, week=credits_text
)


UNUSUAL_HOUR = Plural(
    "Unusual spending: {count} credit in the last hour. A usual hour takes {usual}.",
    "Unusual spending: {count} credits in the last hour. A usual hour takes {usual}.",
    usual=credits_text,
)


# ---------------------------------------------------------------------- what moderators type

NO_SUCH_ZONE = Text("There is no such time zone. Did you mean {zones}?", why="settings.value", zones=either)
WORDS_FIT = Text(
    "The list can have {limit} words of up to {length} characters, each with a letter or a digit.",
    why="settings.value",
)


def zone_hint() -> str:
    return tr("Such as Europe/Berlin. Empty: UTC")


def voice_hint() -> str:
    return tr("The ID of a voice from `/audio voices`. Empty: none")


def word_list_hint() -> str:
    return tr("One per line, or separated by commas. Case and accents are ignored")


def days_hint(limit: int) -> str:
    return tr("Days, from 1 to {limit}. Empty: as the bot's host has set it", limit=amount(limit))


NOT_PRINTABLE = Text("“{setting}” has characters that can't be shown. Type it again.", why="settings.value")


DAYS = Plural("{count} day", "{count} days")


COUNT_HINT = Text("A whole number from 1 to {limit}", limit=amount)


@because("settings.value")
def not_a_count(label: str, limit: int, low: int = 1) -> str:
    return tr("“{setting}” needs a whole number from {low} to {limit}.", setting=label, low=low, limit=amount(limit))


THRESHOLD_HINT = Text("In credits. Empty: {meaning}")
"""Say that credits can be typed; `without` is what none means."""


# ---------------------------------------------------------------------- a setting's value

NO_CHANNELS, NO_MODELS, NO_LABELS = Text("no channels"), Text("no models"), Text("no labels")
NO_ROLE, NO_CHANNEL, NO_VOICE, NO_WORDS = Text("no role"), Text("no channel"), Text("no voice"), Text("no words")
ALL_CHANNELS = Text("all channels")
NO_CEILING, NO_CONFIRMATION, NO_APPROVAL = Text("no maximum"), Text("never"), Text("never")
RERUN = Text("Re-run")
SPOILERS_PREFIX = Text("Spoilers")
SEEDS_OFF = Text("none")
SEEDS_FEW = Text("re-run and gallery, once an hour in each channel")
SEEDS_ALL = Text("every one that fits")
REACTIONS_DO = {
    "rerun": Text("re-run it"),
    "vary": Text("vary it"),
    "animate": Text("animate an image"),
    "upscale": Text("upscale a video"),
    "subtitles": Text("add subtitles"),
    "gallery": Text("save to gallery"),
    "remove": Text("remove it"),
}
"""What an emoji does, in two or three words, by its action."""
NO_REACTIONS = Text("Off: reacting does nothing")
EVERY_PUBLIC = Text("0: every public result")
STARS_HINT = Text("How many stars a result needs to be shown there; 0 for every public result")
SPOILERS_NEVER = Text("never")
SPOILERS_AUTHOR = Text("author's choice")
SPOILERS_ALWAYS = Text("always")
REVIEW_PRIVATE_PREFIX = Text("Private results")
REVIEW_PRIVATE_AUTO = Text("reviewed if the whole server is")
REVIEW_PRIVATE_ON = Text("reviewed like all others")
REVIEW_PRIVATE_OFF = Text("not reviewed")
REQUESTER_PAYS = Text("everyone may, and pays for it")
AUTHOR_PAYS = Text("only the author may, and pays for it")
RERUNS_OFF = Text("no one")


def on() -> str:
    return ptr("switch", "on")


def off() -> str:
    return ptr("switch", "off")


def on_off(value: bool) -> str:
    return on() if value else off()


CHANGED = Text("{setting}: {old} → {new}")


def chosen(prefix: str, value: str) -> str:
    return tr("{setting}: {value}", setting=prefix, value=value)


def zone_now(now: str) -> str:
    """Return the note after a time zone: the current time, localized per reader."""
    note = tr("your own time now: {time}; days begin at midnight in this zone", time=now)
    return aside("", note)


def word_count(count: int) -> str:
    return ntr("{count} word", "{count} words", count) if count else str(NO_WORDS)


def words_changed(added: int, removed: int) -> str:
    note = tr("{added} added, {removed} removed", added=added, removed=removed)
    return aside("", note)


# ---------------------------------------------------------------------- prices


def price_per(price: str, unit: str) -> str:
    """Return a price with its unit, '' for a whole job; unknown units stay as they are."""
    match unit:
        case "":
            return price
        case "second":
            return tr("{price} per second", price=price)
        case "minute":
            return tr("{price} per minute", price=price)
        case "output":
            return tr("{price} per result", price=price)
        case _:
            return tr("{price} per {unit}", price=price, unit=unit)


"""The most that so many jobs of a kind have cost."""


# ---------------------------------------------------------------------- pages of the panel: title, and what it is about

SETUP_PAGE = (Text("Setup"), Text("What a server needs first"))
ACCESS_PAGE = (Text("Access"), Text("Who manages the bot, and what members can use"))
CHANNELS_PAGE = (Text("Channels"), Text("Where the bot can be used, and what it posts where"))
LIMITS_PAGE = (Text("Limits"), Text("How many jobs run and wait, what one may cost, and price estimates"))
APPROVAL_PAGE = (Text("Approval"), Text("What moderators decide first"))
RESULTS_PAGE = (Text("Results"), Text("Re-runs, pings, the AI label, language, time zone, how long records are kept"))
WORDS_PAGE = (Text("Words and defaults"), Text("Forbidden words; default models, voice, and number of images"))
PRICES_PAGE = (Text("Prices"), Text("Expected prices where Cannon Studio gives none"))
BLOCKED_PAGE = (Text("Blocked members"), Text("Who can't use the bot on this server, until when, and why"))
REVIEW_PAGE = (Text("Review"), Text("Which results moderators review before they are posted"))
GALLERY_PAGE = (Text("Gallery"), Text("Where starred results are shown, and from how many stars"))
REACTIONS_PAGE = (Text("Reactions"), Text("What emojis do when members react to a result"))
OPERATIONS_PAGE = (Text("Operations"), Text("Which of Cannon Studio's operations members can use"))

# ---------------------------------------------------------------------- forms: title, and the button that opens it

LIMITS_FORM, LIMITS_BUTTON = Text("Limits"), Text("Edit limits…")
APPROVAL_FORM, APPROVAL_BUTTON = Text("Approval"), Text("Edit threshold…")
GALLERY_FORM, GALLERY_BUTTON = Text("Gallery"), Text("Stars…")
ZONE_FORM, ZONE_BUTTON = Text("Time zone"), Text("Time zone…")
RETENTION_FORM, RETENTION_BUTTON = Text("How long records are kept"), Text("Keep records for…")
WORDS_FORM, WORDS_BUTTON = Text("Forbidden words"), Text("Forbidden words…")
VOICE_FORM, VOICE_BUTTON = Text("Default voice"), Text("Default voice…")

# ---------------------------------------------------------------------- settings: label, and what the control says

MODERATOR_ROLE = Text("Moderator role")
ALLOWED_CHANNELS = Text("Allowed channels")
FORBIDDEN_CHANNELS = Text("Forbidden channels")
OWN_ACCOUNTS = Text("Members may pay with their own account")
AGE_RESTRICTED = Text("Allow NSFW only in age-restricted channels")
RUNNING_PER_MEMBER = Text("Running jobs per member")
QUEUED_PER_MEMBER = Text("Waiting jobs per member")
RUNNING_PER_SERVER = Text("Running jobs on the server")
JOB_CEILING = Text("Maximum price of a job")
CONFIRM_ABOVE = Text("Ask for confirmation above")
APPROVE_ABOVE = Text("Ask a moderator for approval above")
APPROVAL_CHANNEL = Text("Approval channel")
APPROVE_OWN = Text("Moderators approve their own jobs")
CAST_CHANNEL = Text("Channel for the cast's images")
STARTER_STYLES = Text("Twelve styles to begin with")
GALLERY_CHANNEL = Text("The gallery channel")
GALLERY_STARS = Text("Stars that a result needs")
REACTIONS = Text("Emojis that do something")
SEEDS = Text("Emojis I add to results")
LOG_CHANNEL = Text("Log channel")
REVIEW_PRIVATE = Text("Review of private results")
SPOILERS = Text("Results as spoilers")
RERUN_PAYER = Text("Who may re-run a result")
RETENTION, RETENTION_DEFAULT = Text("Days until prompts and links are erased"), Text("as the bot's host has set it")
PING = Text("Ping authors of jobs that took over a minute")
ANSWER_WORDS = Text("Answer members who mention the bot")
AI_LABEL = Text("“Made with AI” on results")
ESTIMATE_TOOL = Text("Cannon Studio's price estimate")
LANGUAGE, LANGUAGE_PREFIX = Text("Server language"), Text("Server language")
LANGUAGE_AUTO = Text("as in Discord's server settings")
TIME_ZONE = Text("Time zone")
WORD_LIST = Text("Forbidden words")
DEFAULT_MODELS = Text("Default models")
PICTURES = Text("Images per `/image generate`")
PICTURES_PREFIX = Text("Images per `/image generate`")
VARY_STRENGTH = Text("Strength of variations by reaction")
VARY_STRENGTH_PREFIX = Text("Variations by reaction")
SUBTLE, STRONG = Text("subtle"), Text("strong")
JOBS_PAUSED = Text("New jobs paused")
DEFAULT_VOICE, VOICE_LABELS = Text("Default voice"), Text("Names of voices")


def pictures(count: int) -> str:
    return ntr("{count} image", "{count} images", count)
