"""What `/quota` says. Amounts of credits, times and terms of limits come in as text."""

from __future__ import annotations

from bot.domain.texts import mention
from bot.language import Text, tr
from cogs.ui.texts import OPTION_IS

# ---------------------------------------------------------------------- commands and options

GROUP = "Credit limits on this server"
SET_COMMAND = "Limit what a member, a role, everyone, or the whole server can spend"
GRANT_COMMAND = "Give a member extra credits once, on top of their limits"
SHOW_COMMAND = "See and remove limits, or see what one member has left"

LIMIT_OPTION = "Credits per period, for each member or for all together; 0 forbids use"
PERIOD_OPTION = "Calendar day, week, or month in the server's time zone, or the total"
WHO_OPTION = "A member or a role; everyone if empty"
LIMITED_OPERATION_OPTION = "Only for this operation, e.g. video.generate"
LIMITED_CHANNEL_OPTION = "Only in this channel and its threads, or in this category"
SCOPE_OPTION = "Whether each member may spend that much, or all members together"
SCOPE_EACH, SCOPE_SERVER = "each member", "all members together"
GRANTED_MEMBER_OPTION = "Who gets the credits"
GRANT_OPTION = "Extra credits; the server's limit still applies"
GRANT_NOTE_OPTION = "What they are for; the member sees it"
GRANT_DURATION_OPTION = "When they expire: 12h, 7d, 2w; never if empty"
SHOWN_MEMBER_OPTION = "See what applies to this member; all limits if empty"

# ---------------------------------------------------------------------- answers

SERVER_LIMIT_IS_WHOLE = Text(
    "A limit for all members together has no `who`, `operation`, or `channel`.", why="settings.value"
)
LIMITS_TITLE = Text("Credit limits")
NO_LIMITS = Text("There are no limits. Members can spend all credits of the account. Set a limit with `/quota set`.")
ABOUT = Text("A member's own limit comes first, then the best limit of their roles, then everyone's.")
SERVER_LIMITS = Text("Whole server")
EVERYONE_LIMITS = Text("Everyone")
ROLE_LIMITS = Text("Roles")
MEMBER_LIMITS = Text("Members")
REMOVE_LIMIT = Text("Remove a limit…")
REMOVE = Text("Remove")
KEEP = Text("Keep")
ALLOWANCE_TITLE = Text("Credits of a member")
GRANT_FORM = Text("Grant credits")
GRANT_CREDITS = Text("Credits")
GRANT_CREDITS_HINT = Text("Extra credits, given once. The server's limit still applies.")
GRANT_NOTE = Text("Note")
GRANT_NOTE_HINT = Text("What they are for. The member sees it.")
GRANT_LIFE = Text("Expire after")
GRANT_LIFE_HINT = Text("12h, 7d, or 2w. Leave it empty and they stay until they are used.")


def limit_line(whose: str | None, terms: str, by_id: int, at: str) -> str:
    """Return a line of the list of limits; `whose` is None where the heading says it."""
    set_by = tr("set by {moderator} on {date}", moderator=mention(by_id), date=at)
    return f"• {terms} · {set_by}" if whose is None else f"• {OPTION_IS(option=whose, value=terms)} · {set_by}"


REMOVE_QUESTION = Text("Remove this limit? {limit}")
"""Ask whether a limit is to be removed; `limit` is it in one line."""
