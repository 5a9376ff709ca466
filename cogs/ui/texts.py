"""What the shared parts of the surface say to people, and what several packages say: reworded without touching logic.

What only one package says is in its own `texts.py`. Amounts of credits and times come in as text.
"""

from collections.abc import Iterable

from bot.domain.reaction_rules import ReactionAction

# ---------------------------------------------------------------------- said by several packages

GONE = "This is no longer there, or it is not yours to use."
"""The constant answer: it does not reveal whether a job of another server exists."""
IN_SERVER_ONLY = "This works in a server only: a server's key pays for it."
PRIVATE_OPTION = "Only you see it, and moderators who review; a late result comes as a direct message"
NONE_LISTED = "None."
DELETE = "Delete"


# ---------------------------------------------------------------------- prices

PRICE_NOT_KNOWN = "price not known yet"
ANOTHER_MODEL = "another model"
USUAL_KIND = "as it is without options"


def about(amount: str) -> str:
    """Return a price that is not certain."""
    return f"about {amount}"


def above(amount: str) -> str:
    """Return a price of which a part is not known."""
    return f"more than {amount}"


def from_to(low: str, high: str) -> str:
    """Return the prices of usual jobs; `high` has the unit."""
    return f"about {low} to {high}"


def price_for_size(amount: str, size: str, unit: str) -> str:
    """Return the price of one length; `unit` is `second` or `character`."""
    return f"about {amount} for {size} {'s' if unit == 'second' else f'{unit}s'}"


def price_seen(low: str, high: str) -> str:
    """Return what is said of a price that too few jobs have shown."""
    return f"{PRICE_NOT_KNOWN}; {low if low == high else f'{low} to {high}'} so far"


def with_basis(price: str, basis: str, jobs: int) -> str:
    """Return a price with how it is known; `basis` as in Estimate."""
    names = {"estimate tool": "Cannon Studio's estimate", "price list": "this server's price list"}
    return f"{price} ({names.get(basis) or f'from {jobs} jobs'})"


def with_file(kind: str) -> str:
    """Return what makes a job with a further file another kind of job."""
    return f"with {kind}"


def price_line(kind: str, price: str) -> str:
    """Return the line of a kind of job under its command."""
    return f"-# • {kind or USUAL_KIND}: {price}"


def more_prices(count: int) -> str:
    """Return the line under the prices that are shown."""
    return f"-# • and {count} more"


PRICE_MARK = " · "
"""What stands before a price in a label."""


def with_price(label: str, price: str, limit: int) -> str:
    """Return a label with what it costs, in at most `limit` characters."""
    room = limit - len(price) - len(PRICE_MARK)
    return f"{label if len(label) <= room else f'{label[: room - 1]}…'}{PRICE_MARK}{price}"


def and_unknown(known: str, count: int) -> str:
    """Return the price of several steps, of which `count` have one that is not known."""
    return f"{known}, and {count} step{'' if count == 1 else 's'} whose price is not known yet"


def expire_on(amount: str, date: str, how_soon: str) -> str:
    """Return a line of the credits that expire."""
    return f"{amount} on {date} ({how_soon})"


def continued(title: str) -> str:
    """Return the title or label of what follows under the same one."""
    return f"{title}, continued"


def and_more(count: int) -> str:
    """Return the last line of a list that has `count` more lines than fit."""
    return f"… and {count} more"


def may_not_post(permissions: Iterable[str]) -> str:
    """Refuse a request whose result the bot could not post for lack of `permissions`."""
    return f"I could not post the result in this channel: I lack {' and '.join(permissions)} here."


# ---------------------------------------------------------------------- permissions

MANAGERS_ONLY = "This needs the permission **Manage Server** itself; the moderator role is not enough."
MODERATORS_ONLY = (
    "Only moderators can do this: who may manage this server, or has the role that `/studio settings` names."
)
HOST_ONLY = "Only the owner of this bot, or the team that runs it, can do this for all servers."

# ---------------------------------------------------------------------- what members type and upload

FILE_UNREADABLE = "The file could not be read from Discord just now; please try again."
FILE_NOT_TEXT = "The file is no text in UTF-8; save it as plain text and try again."


def not_a_duration(option: str) -> str:
    """Refuse a duration that cannot be read."""
    return f"Give `{option}` as a number of hours, days or weeks, such as `12h`, `7d` or `2w`; ten years at most."


def file_too_large(size: int, limit: int) -> str:
    """Refuse a text file of `size` bytes where `limit` are read."""
    return f"The file has {size:,} bytes; at most {limit:,} are read."


# ---------------------------------------------------------------------- a limit in a list

SERVER, EVERYONE = "Server", "Everyone"


def role(name: str) -> str:
    """Return what a role's limit is called."""
    return f"Role {name}"


def member(name: str) -> str:
    """Return what a member's limit is called."""
    return f"Member {name}"


# ---------------------------------------------------------------------- a member's limits, grants and jobs

LIMITS, GRANTS = "**Limits**", "**Grants**"
NO_LIMIT = "There is no credit limit here."
OWN_LIMIT = "own"
COST_NOTHING = "cost nothing"


def open_jobs(running: int, waiting: int) -> str:
    """Return the heading of a member's open jobs."""
    return f"**Open jobs** · {running} running, {waiting} waiting"


def limit_of(whose: str) -> str:
    """Return whose limit it is, if not the member's own."""
    return f"of {whose}"


def blocking_limit(terms: str, source: str) -> str:
    """Return the line of a limit of zero credits."""
    return f"• {terms} ({source}): may not be used"


def limit_used(terms: str, source: str, used: str, left: str) -> str:
    """Return the line of a limit; `left` ends the sentence."""
    return f"• {terms} ({source}): {used} spent or held, {left}"


def amount_left(amount: str) -> str:
    """Return what is left of a limit."""
    return f"{amount} left"


def amount_over(amount: str) -> str:
    """Return by how much a limit is exceeded."""
    return f"{amount} over it"


def refills(at: str) -> str:
    """Return what is added for a limit that refills."""
    return f", refills {at}"


def grant_left(left: str, granted: str) -> str:
    """Return the line of a grant."""
    return f"• {left} of {granted} left"


def until(time: str) -> str:
    """Return what is added for a grant that expires."""
    return f", until {time}"


def held(amount: str) -> str:
    """Return what is held for an open job."""
    return f"{amount} held"


# ---------------------------------------------------------------------- the legend

LEGEND_ACTIONS = {
    ReactionAction.RERUN: "make it again",
    ReactionAction.VARY: "vary it",
    ReactionAction.ANIMATE: "animate a picture",
    ReactionAction.UPSCALE: "upscale a video",
    ReactionAction.SUBTITLES: "add subtitles",
    ReactionAction.SEND: "send to my DMs",
    ReactionAction.GALLERY: "save to gallery",
    ReactionAction.REMOVE: "remove it",
}
"""What an emoji does, in two or three words."""
LEGEND_OFF = "Reactions do nothing on this server."
LEGEND_WORDS = "Or reply to a result and mention me: “make it night, wider”."


def legend_of(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the legend of emojis and what they do."""
    return f"React to a result: {' · '.join(f'{emoji} {does}' for emoji, does in pairs)}."


def small(text: str) -> str:
    """Return a text as Discord's small print."""
    return f"-# {text}"
