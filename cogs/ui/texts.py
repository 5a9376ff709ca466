"""What the shared parts of the surface say to people, and what several packages say.

What only one package says is in its own `texts.py`. Amounts of credits and times come in as text.
"""

from collections.abc import Mapping

from bot.domain import texts
from bot.language import Plural, Text, amount, both, name_of, ntr, plain_amount, span, tr

# ---------------------------------------------------------------------- said by several packages

GONE = texts.GONE
NOT_OUTSIDE = Text(
    "Outside servers, a button works only for what you made there yourself. Use a server's results in that server.",
    why="place.server",
)
IN_SERVER_ONLY = texts.IN_SERVER_ONLY
NONE_LISTED = Text("None.")
DELETE = Text("Delete")
APPROVED_FIRST = Text("A moderator must approve it first. You are not charged until then.", why="approval.waiting")

# ---------------------------------------------------------------------- options

PRIVATE_OPTION = "Visible to you and reviewing moderators; slow results arrive by DM"
SPOILER_OPTION = "Mark the files as spoilers"


# ---------------------------------------------------------------------- prices

UNPRICED = Text("{label} · perhaps {guess}", guess=plain_amount)
PRICE_NOT_KNOWN = Text("price not known yet")
OPTION_IS = Text("{option}: {value}")
ABOUT = Text("about {price}")
FROM_TO = Text("about {low} to {high}")
"""Return the prices of usual jobs; `high` has the unit."""


def price_for_seconds(price: str, seconds: float) -> str:
    return tr("about {price} for {length}", price=price, length=span(seconds))


def price_for_characters(price: str, characters: float) -> str:
    return ntr("about {price} for {count} character", "about {price} for {count} characters", characters, price=price)


PRICE_MARK = " · "
"""What is before a price in a label."""


def with_price(label: str, price: str, limit: int) -> str:
    """Return a label with what it costs, in at most `limit` characters."""
    room = limit - len(price) - len(PRICE_MARK)
    return f"{label if len(label) <= room else f'{label[: room - 1]}…'}{PRICE_MARK}{price}"


AND_UNKNOWN = Plural(
    "{known}, and {count} step whose price is not known yet", "{known}, and {count} steps whose price is not known yet"
)
"""Return the price of several steps, of which `count` have one that is not known."""
LAST_FOR = Text(
    "On this plan unused credits last {days} days after each renewal; credits of a pack last {pack_days} days."
)
BUY_CREDITS, BUY = Text("Buy credits"), Text("Buy {pack}")
PACK_LASTS = Plural("{pack}: about {count} day at this rate", "{pack}: about {count} days at this rate")
"""Say how long a pack of credits lasts at what the server spends."""
CONTINUED = Text("{title} (continued)")
AND_MORE = Text("… and {count} more", count=amount)
"""Return the last line of a list that has `count` more lines than fit."""


# ---------------------------------------------------------------------- permissions

MANAGERS_ONLY = texts.MANAGERS_ONLY
MODERATORS_ONLY = texts.MODERATORS_ONLY
HOST_ONLY = Text("Only the host of this bot can do this, because it applies to every server.", why="role.host")

# ---------------------------------------------------------------------- what members type and upload

FILE_NOT_TEXT = Text("This file isn't UTF-8 text. Save it as plain text and try again.", why="file.format")
NOT_A_DURATION = Text(
    "Give `{option}` in hours, days, or weeks, such as `12h`, `7d`, or `2w`. The maximum is ten years.",
    why="settings.value",
    option=name_of,
)


# ---------------------------------------------------------------------- a limit in a list

HOST_LIMIT = Text("The host's limit for this server")
HOST_TOTAL = Text("The host's limit for all servers together")
SERVER, EVERYONE = Text("Server"), Text("Everyone")
ROLE = Text("Role {name}")
MEMBER = Text("Member {name}")


# ---------------------------------------------------------------------- a member's limits, grants and jobs

LIMITS, GRANTS = Text("**Limits**"), Text("**Grants**")
NO_LIMIT = Text("There's no credit limit here.")
OWN_LIMIT = Text("own limit")
FREE = Text("free")
OPEN_JOBS = Text("**Open jobs** · {running} running, {waiting} waiting", running=amount, waiting=amount)
LIMIT_OF = Text("limit for {whose}")
BLOCKING_LIMIT = Text("• {limit} ({source}): not allowed")
LIMIT_LINES: Mapping[tuple[bool, bool], Text] = {
    (False, False): Text("• {limit} ({source}): {used} spent or held, {left} left"),
    (False, True): Text("• {limit} ({source}): {used} spent or held, {left} left, resets {when}"),
    (True, False): Text("• {limit} ({source}): {used} spent or held, {over} over"),
    (True, True): Text("• {limit} ({source}): {used} spent or held, {over} over, resets {when}"),
}
"""The line of a limit, by whether it is exceeded, and whether it refills."""
GRANT_LINES: Mapping[bool, Text] = {
    False: Text("• {left} of {granted} left"),
    True: Text("• {left} of {granted} left, until {when}"),
}
"""The line of a grant, by whether it expires."""
HELD = Text("{credits} held")


# ---------------------------------------------------------------------- panels of moderators
PAGES = Text("Choose a page")
PREVIOUS_PART = Text("◀ Back")
NEXT_PART = Text("Next ▶")
NEXT_PAGE = Text("Next: {page}")
SETTINGS_TITLE = Text("Settings · {page}")
DONE = "✅ {change}".format
"""Confirm a change; `change` is the line that the record has of it, a whole sentence."""

NO_PERMISSION_TO_POST = Text(
    "I can't post in {channel}. A moderator can give me {permissions} there.",
    why="place.permissions",
    channel="<#{}>".format,
    permissions=both,
)
