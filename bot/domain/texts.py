"""What members read of limits, refusals, alerts and settings, in one place: it can be reworded without touching logic.

Amounts of credits, times and terms come in as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.models import credits_words
from bot.language import Text

# ---------------------------------------------------------------------- refusals: who, where, what

PAUSED = "The moderators have paused new jobs on this server; running ones are still delivered."
UNCHECKED = "With the safety check off this works in age-restricted channels only; leave `nsfw_checker` on."
FORBIDDEN_WORD = "This server's moderators do not allow a word in your text; please put it another way."


def channel_forbidden(allowed: Sequence[int]) -> str:
    """Refuse a channel, with some that are allowed, if any are named."""
    where = " or ".join(f"<#{channel}>" for channel in allowed)
    return f"The bot may not be used in this channel.{f' Try {where}.' if where else ''}"


def blocked(until: str | None, reason: str) -> str:
    """Refuse a blocked member; `until` is None for good, `reason` a sentence or empty."""
    ends = "" if until is None else f" until {until}"
    return f"You may not use the bot on this server{ends}.{f' Reason: {reason}' if reason else ''}"


# ---------------------------------------------------------------------- refusals: how much, how many


def above_ceiling(ceiling: Decimal, title: str, price: str) -> str:
    """Refuse a job that costs more than one may."""
    return f"A job here may cost {credits_words(ceiling)} at most; {title} is about {price}."


def price_still_unknown(title: str) -> str:
    """Refuse a job of unknown price while another of its kind is open."""
    return (
        f"The price of {title} is not known here yet, and one of yours is on its way: "
        "try again when its price is known, mostly within a minute."
    )


def one_of_unknown_price(title: str) -> str:
    """Refuse several jobs of one kind whose price is unknown."""
    return (
        f"The price of {title} is not known here yet: request one alone first, and the others when its price is known."
    )


def balance_too_low(free: str, total: str) -> str:
    """Refuse what the account cannot pay."""
    return (
        f"This server's Cannon Studio account has {free} free credits left; "
        f"this needs about {total}. A moderator can top it up or set another key."
    )


HOST_BALANCE_TOO_LOW = (
    "The Cannon Studio account of this bot's host, which pays here, cannot pay for this now. "
    "A moderator can set a key of the server's own."
)


def host_limit_reached(renewed: str, *, is_used_up: bool) -> str:
    """Refuse what exceeds the host's limit for the server; `renewed` is the day on which it begins again."""
    what = "is used up" if is_used_up else "leaves less than this needs"
    return f"The host's limit for this server {what} until {renewed}. With a key of the server's own it does not apply."


def too_many_at_once(count: int, running: int, queued: int) -> str:
    """Refuse more jobs than one member may have running and waiting."""
    return (
        f"{count} at once are too many here: of a member's jobs "
        f"{running} may run and {queued} wait, so ask for {running + queued} at most."
    )


def queue_full(running: int, queued: int, limit: int) -> str:
    """Refuse more jobs to a member who has these many running and waiting."""
    return (
        f"You have {running} jobs running and {queued} waiting, and "
        f"{limit} may wait; try again when one of them is done."
    )


ASKED_ALREADY = Text("You already have a request waiting for a moderator. Wait for the answer, or cancel it first.")

# ---------------------------------------------------------------------- refusals: limits

SERVER_LIMIT, OWN_LIMIT = "the server's limit", "your limit"
BOT, HERE = "the bot", "here"


def in_channel(channel_id: int) -> str:
    """Return where a limit applies."""
    return f"in <#{channel_id}>"


def forbidden_by_limit(what: str, where: str, whose: str) -> str:
    """Refuse what a limit of 0 credits forbids."""
    return f"You may not use {what} {where}: {whose} is 0 credits."


def above_limit(limit: str, left: str, need: str, *, is_one: bool, refills: str | None, granted: str | None) -> str:
    """Refuse what exceeds a limit: what it and grants leave, when it refills, and what the jobs need."""
    until = "" if refills is None else f" until {refills}"
    more = "" if granted is None else f", and {granted} that you were given"
    return f"{limit}; {left} {'is' if is_one else 'are'} left{until}{more}; this is about {need}."


def limit_terms(whose: str, title: str, where: str, allowance: str) -> str:
    """Return the start of that sentence; `title` is empty for a limit on every operation."""
    return f"{whose.capitalize()}{f' for {title}' if title else ''} {where} is {allowance}"


# ---------------------------------------------------------------------- what is left to a member


def left_of_own(left: str, terms: str) -> str:
    """Return what a member's limit leaves."""
    return f"{left} of {terms}"


def left_of_server(left: str, terms: str) -> str:
    """Return what the limit of the server as a whole leaves."""
    return f"{left} of the server's {terms}"


def left_with_grants(left: str, terms: str) -> str:
    """Return what a member's limit and their grants leave together."""
    return f"{left} with grants, above a limit of {terms}"


def in_the_account(amount: str) -> str:
    """Return the free credits of the server's own account."""
    return f"{amount} in the server's account"


def you_have(left: str) -> str:
    """Say what a member has left."""
    return f"You have {left} left."


def would_be_left(left: str, after: str) -> str:
    """Say what a member has left, and what they would have after a request."""
    return f"You have {left}; {after} would be left."


# ---------------------------------------------------------------------- alerts

SERVERS = "The server's"


def members(member_id: int) -> str:
    """Return whose limit it is."""
    return f"<@{member_id}>'s"


def limit_reached(whose: str, terms: str, percent: int, used: str, refills: str | None) -> str:
    """Say that a limit is used up, or nearly."""
    more = "" if refills is None else f"; it refills {refills}"
    return f"{whose} limit of {terms} is at {percent} % ({used} spent or held){more}."


def balance_low(free: str, week: str, day: str) -> str:
    """Say that the account's credits will not last for a week."""
    return (
        f"The Cannon Studio account has {free} free credits left; the coming week "
        f"needs about {week} at the present {day} a day."
    )


def credits_expire(amount: str, date: str, lost: str, day: str) -> str:
    """Say that credits will expire before they are spent."""
    return (
        f"{amount} credits of the Cannon Studio account expire on {date}; at the present {day} a day, "
        f"{lost} of them will not be used by then."
    )


def unusual_hour(spent: str, usual: str) -> str:
    """Say that much more was spent in an hour than usual."""
    return f"An unusual hour: {spent} credits were spent in the last hour, against {usual} in a usual one."


def balance_lasts_briefly(week: str, day: str) -> str:
    """Say the same of an account whose credits are nobody's business here."""
    return (
        f"The Cannon Studio account that pays here may not last for a week: the coming one needs about {week} "
        f"at the present {day} a day."
    )


# ---------------------------------------------------------------------- what moderators type

NOT_AN_EMOJI = "Give one emoji: a usual one such as 🔁, or one of this server."
ZONE_EXAMPLE = "Give one such as `Europe/Berlin`."
WORD_WITHOUT_LETTERS = "Each word of the list needs a letter or a digit; one has none."
ZONE_HINT = "A name such as Europe/Berlin; empty: UTC"
VOICE_HINT = "A voice's id; /audio voices lists those that worked. Empty: none"
WORD_LIST_HINT = "One a line, or with commas between; case and accents make no difference"


def unknown_zone(hint: str) -> str:
    """Refuse the name of a time zone; `hint` is a sentence."""
    return f"There is no such time zone. {hint}"


def nearest_zones(names: Sequence[str]) -> str:
    """Return the names that are nearest to what was typed."""
    return f"The nearest: {', '.join(f'`{name}`' for name in names)}."


def days_hint(limit: int) -> str:
    """Say that a number of days can be typed."""
    return f"A number of days from 1 to {limit:,}; empty: as the host has set it, who may keep them for less"


def not_printable(label: str) -> str:
    """Refuse characters that nobody sees."""
    return f"The {label} has characters that cannot be shown."


def not_days(label: str, limit: int) -> str:
    """Refuse what is no number of days."""
    return f"{label} needs a whole number of days from 1 to {limit:,}, or nothing."


def days(count: int) -> str:
    """Return a number of days."""
    return f"{count} day{'' if count == 1 else 's'}"


def count_hint(limit: int) -> str:
    """Say that a number of jobs can be typed."""
    return f"A whole number from 1 to {limit:,}"


def not_a_count(label: str, limit: int) -> str:
    """Refuse what is no number of jobs."""
    return f"Give “{label}” as a whole number from 1 to {limit:,}."


def threshold_hint(without: str) -> str:
    """Say that credits can be typed; `without` is what none means."""
    return f"In credits; empty: {without}"


def not_credits(label: str) -> str:
    """Refuse what is no amount of credits."""
    return f"Give “{label}” in credits, such as 50 or 12.5, or leave it empty."


def too_many_words(limit: int, count: int) -> str:
    """Refuse a word list that is too long."""
    return f"The list takes {limit} words; you gave {count}."


def word_too_long(limit: int, length: int) -> str:
    """Refuse a word of more than `limit` characters."""
    return f"A word of the list may have {limit} characters; one has {length}."


# ---------------------------------------------------------------------- a setting's value

NONE, NO_WORDS = "none", "empty"
ALL_CHANNELS = "all"
NO_CEILING, NO_APPROVAL = "no such limit", "nothing waits for approval"
RERUN = "Re-run"
REVIEW_PRIVATE_PREFIX = "Private results"
REVIEW_PRIVATE_AUTO = "reviewed where the whole server is"
REVIEW_PRIVATE_ON = "reviewed like all others"
REVIEW_PRIVATE_OFF = "not reviewed"
REQUESTER_PAYS, AUTHOR_PAYS, RERUNS_OFF = (
    "who asks for it",
    "only the author may, and pays",
    "nobody: re-runs are off",
)


def chosen(prefix: str, value: str) -> str:
    """Return a value as a select shows it."""
    return f"{prefix}: {value}"


def zone_now(now: str) -> str:
    """Return what is shown behind a time zone: now, which each member reads in their own."""
    return f", now {now} in yours; periods begin at midnight there"


def word_count(count: int) -> str:
    """Return how many words a list has."""
    return f"{count} word{'' if count == 1 else 's'}" if count else NO_WORDS


def words_changed(added: int, removed: int) -> str:
    """Return what is shown behind a change of the list."""
    return f" ({added} added, {removed} removed)"


# ---------------------------------------------------------------------- prices


def price_per(amount: str, unit: str) -> str:
    """Return a price with the unit it is for, '' for a whole job."""
    return f"{amount} per {unit}" if unit else amount


def base_and_rate(base: str, rate: str) -> str:
    """Return a price of a base and a rate on top."""
    return f"{base} and {rate}"


def learned(price: str, above: int, jobs: int) -> str:
    """Return a price that was learned from so many jobs; nine of ten cost at most `above` percent more."""
    spread = f", up to {above} % more" if above else ""
    return f"{price}{spread} ({jobs} jobs)"


# ---------------------------------------------------------------------- pages of the panel: title, and what it is about

ACCESS_PAGE = ("Access", "who sets things, and where the bot may be used")
LIMITS_PAGE = ("Limits", "how many jobs run and wait, what one may cost")
APPROVAL_PAGE = ("Approval and log", "what a moderator decides first, and where it is written down")
RESULTS_PAGE = ("Results", "re-runs, pings, estimates, time zone, how long records are kept")
WORDS_PAGE = ("Words and defaults", "what no prompt may say; default models, voice, number of pictures, variants")

# ---------------------------------------------------------------------- forms: title, and the button that opens it

LIMITS_FORM, LIMITS_BUTTON = "Limits", "Change…"
APPROVAL_FORM, APPROVAL_BUTTON = "Approval", "Change the threshold…"
ZONE_FORM, ZONE_BUTTON = "Time zone", "Time zone…"
RETENTION_FORM, RETENTION_BUTTON = "How long records are kept", "Keep records for…"
WORDS_FORM, WORDS_BUTTON = "Word list", "Word list…"
VOICE_FORM, VOICE_BUTTON = "Default voice", "Default voice…"

# ---------------------------------------------------------------------- settings: label, and what the control says

MODERATOR_ROLE = "moderator role"
MODERATOR_ROLE_CONTROL = "Moderator role (beside who may manage the server)"
ALLOWED_CHANNELS, ALLOWED_CHANNELS_CONTROL = "allowed channels", "Allowed channels (none chosen: all)"
FORBIDDEN_CHANNELS, FORBIDDEN_CHANNELS_CONTROL = "forbidden channels", "Forbidden channels"
AGE_RESTRICTED, AGE_RESTRICTED_CONTROL = "safety check off in age-restricted channels only", "Age-restricted rule"
RUNNING_PER_MEMBER = "running jobs per member"
QUEUED_PER_MEMBER = "waiting jobs per member"
RUNNING_PER_SERVER = "running jobs in the server"
JOB_CEILING = "most that a job may cost"
CONFIRM_ABOVE = "own yes needed above"
APPROVE_ABOVE = "approval needed above"
APPROVAL_CHANNEL, APPROVAL_CHANNEL_CONTROL = "approval channel", "Approval channel"
APPROVE_OWN, APPROVE_OWN_CONTROL = "approving one's own jobs", "Approving one's own"
LOG_CHANNEL, LOG_CHANNEL_CONTROL = "log channel", "Log channel"
REVIEW_PRIVATE, REVIEW_PRIVATE_CONTROL = "review of private results", "Are private results reviewed?"
RERUN_PAYER, RERUN_PAYER_CONTROL = "who pays for a re-run", "Who pays for a re-run"
RETENTION, RETENTION_DEFAULT = "days until prompts and links are erased", "as the bot's host has set it"
PING, PING_CONTROL = "ping with the result", "Ping with the result"
ANSWER_WORDS, ANSWER_WORDS_CONTROL = "answer members who mention me", "Answer mentions"
ESTIMATE_TOOL, ESTIMATE_TOOL_CONTROL = "Cannon Studio's estimate tool", "Estimate tool"
TIME_ZONE = "time zone"
LANGUAGE, LANGUAGE_CONTROL, LANGUAGE_PREFIX = "server language", "Server language", "Server language"
LANGUAGE_AUTO = "the one in Discord's server settings"
WORD_LIST = "word list"
DEFAULT_MODELS, DEFAULT_MODELS_CONTROL = "default models", "Set the default model of …"
PICTURES, PICTURES_CONTROL, PICTURES_PREFIX = (
    "pictures per `/image generate`",
    "Pictures per /image generate …",
    "Pictures per /image generate",
)
VARY_STRENGTH, VARY_STRENGTH_CONTROL = "how different a variant by reaction is", "A variant by reaction is …"
VARY_STRENGTH_PREFIX = "A variant by reaction"
SUBTLE, STRONG = "subtle", "strong"
JOBS_PAUSED = "new jobs paused"
DEFAULT_VOICE, VOICE_LABELS = "default voice", "labels of voices"


def pictures(count: int) -> str:
    """Return how many pictures are made."""
    return f"{count} picture{'' if count == 1 else 's'}"
