"""What a server's rules and its moderators' acts say, one module for each subject.

Amounts, times and members' own words come in as text, names as markup that mentions nobody and formats nothing. A line
of the record is a whole sentence with who acted in it.
"""

from bot.domain.texts import mention
from bot.language import Text, tr

DECIDED = Text("This was already decided, or it has expired.")


def actor(member_id: int) -> str:
    """Return who acted, as a line of the record names them; 0 is the bot itself."""
    return mention(member_id) if member_id else tr("The bot")


def because(reason: str) -> str:
    """Return a reason as a sentence of its own; `reason` is a sentence."""
    return tr("Reason: {reason}", reason=reason)
