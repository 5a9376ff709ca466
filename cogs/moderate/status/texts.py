"""What `/studio status` says. Amounts come in with their unit, times as Discord's markup, what others wrote escaped."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.models import JobState
from bot.domain.texts import mention
from bot.language import Text, amount, listed, tr

TITLE = Text("Studio status")
RECORD, NO_RECORD = Text("Decisions"), Text("No one has decided anything yet.")

# ---------------------------------------------------------------------- the key and its account

KEY = Text("Key")
HOST_KEY = Text("The host's key")
PLAN = Text("Plan")
CREDITS_LEFT = Text("Credits left")
NOT_REPORTED = Text("Not reported")
"""Where Cannon Studio does not say."""
SCOPES = Text("Permissions of the key")
API = Text("API")
CREDITS_LAST_SEEN = Text("Credits when last checked")
CHECKED_OFTEN = Text("Checked several times in the last hour. Try again later.")
KEY_SHOWN = "`…{last4}`".format


def key_set_by(last4: str, member_id: int, at: float) -> str:
    """Return a server's own key, who set it, and when (Unix seconds)."""
    return tr(
        "{key}, set by {member} {when}", key=KEY_SHOWN(last4=last4), member=mention(member_id), when=f"<t:{int(at)}:R>"
    )


def practises_since(member_id: int, at: float) -> str:
    """Say that the server practices, since when (Unix seconds) and by whom."""
    return tr(
        "🧪 Practice mode, started by {member} {when}. Results are simulated and free.",
        member=mention(member_id),
        when=f"<t:{int(at)}:R>",
    )


def scopes(names: Sequence[str], missing: Sequence[str]) -> str:
    """Return a key's scopes, with a warning where it lacks some of those needed."""
    shown = _code(names) or str(NOT_REPORTED)
    if not missing:
        return shown
    lacks = tr("⚠️ Missing: {scopes}. Jobs will fail. Create a key that has them.", scopes=_code(missing))
    return f"{shown}\n{lacks}"


def _code(names: Sequence[str]) -> str:
    return listed(f"`{name}`" for name in names)


def host_limit(spent: str, limit: str, renewed: str) -> str:
    """Return what is spent or held of the host's limit, in credits, and when it begins again."""
    return tr(
        "{spent} of {limit} credits spent or held this month (UTC). Resets on {date}.",
        spent=spent,
        limit=limit,
        date=renewed,
    )


def api_answers(took_ms: float) -> str:
    """Return how quickly the API answered, in milliseconds."""
    return tr("✅ Online ({ms} ms)", ms=amount(round(took_ms)))


# ---------------------------------------------------------------------- jobs and credits

JOBS_RUNNING = Text("Open jobs")
NO_JOBS_RUNNING = Text("No open jobs")
HELD = Text("Finished but not posted")
ACCOUNT = Text("Account check")
SPENT = Text("Spent through this bot")
RESERVED = Text("Held for open jobs")
FREE = Text("Available")
NOT_COMPARED = Text("Not checked yet. The account is compared with this bot's records hourly while jobs run.")
HOST_NOT_COMPARED = Text("Not checked: the host's account is shared with other servers.")
EVENTS = Text("Purses of events")
PURSE = Text("“{theme}” in {channel}: {paid} of {purse} paid", channel="<#{}>".format)
EXPIRING = Text("Credits that expire")
STATES = {
    JobState.AWAITING_APPROVAL: Text("Awaiting approval: {count}"),
    JobState.WAITING: Text("In the queue: {count}"),
    JobState.SUBMITTING: Text("Starting: {count}"),
    JobState.QUEUED: Text("Queued at Cannon Studio: {count}"),
    JobState.PROCESSING: Text("Being made: {count}"),
    JobState.READY: Text("Being posted: {count}"),
}
"""How many jobs are in each open state, as one line each."""


def jobs_in(state: JobState, count: int) -> str:
    return str(STATES[state]).format(count=amount(count))


COMPARED = Text("✅ Matches this bot's records, checked {when}.")
COMPARED_WITH_DIFFERENCE = Text("⚠️ Checked {when}: {difference}")


# ---------------------------------------------------------------------- Cannon Studio's estimate tool

TOOL = Text("Price estimates from Cannon Studio")
TOOL_OFF = Text("Off. Turn them on in `/studio settings` under Limits.")
TOOL_NOT_USED = Text("On. Not used since the bot started.")
TOOL_ANSWERS = Text("✅ Working since {since}. Last used {last}.")
TOOL_HAS_NO_PRICE = Text("Online, but without a price for these jobs since {since}. Last used {last}.")
TOOL_SILENT = Text(
    "⚠️ Unreachable since {since}. Last tried {last}. The bot keeps trying; until then it uses the "
    "price list and earlier jobs."
)
TOOL_NOT_UNDERSTOOD = Text(
    "⚠️ Doesn't understand this bot's requests since {since}. Last tried {last}. The key is not "
    "the cause: ask the bot's host for an update, and set prices in `/studio settings` until then."
)
TOOL_REFUSES = Text(
    "⚠️ Rejecting this key since {since}. Last tried {last}. Check the key in Cannon Studio, or "
    "set another with `/studio key`."
)
TOOL_REFUSES_HOST = Text(
    "⚠️ Rejecting the host's key since {since}. Last tried {last}. Ask the bot's host to check it; "
    "until then the bot uses the price list and earlier jobs."
)


# ---------------------------------------------------------------------- what Cannon Studio has changed

DESCRIPTION = Text("Cannon Studio's API description")
NOT_OFFERED = Text("No longer offered by Cannon Studio")
DESCRIPTION_NOT_READ = Text("Not loaded since the bot started.")
DESCRIPTION_READ = Text("Last loaded {when}.")
"""Say when the description of the API was last read; `at` is a timestamp."""


def named_or_more(names: Sequence[str], count: int) -> str:
    """Return the names of the first of `count` things, and how many more there are."""
    known = listed(names)
    if count <= len(names):
        return known
    return tr("{names} (+{count})", names=known, count=amount(count - len(names)))
