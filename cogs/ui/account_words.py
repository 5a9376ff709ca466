"""What of an account expires, and where to buy more, in words."""

from collections.abc import Sequence

from bot.delivery.discord_facts import EMBED_FIELD_CHARS
from bot.domain.credit_expiry import living
from bot.domain.models import ExpiringCredits, credits_words
from bot.domain.text import stamp
from cogs.ui import texts
from cogs.ui.limit_text import fitting

LOTS_SHOWN = 5


def expiring_words(expiring: Sequence[ExpiringCredits], now: float) -> str:
    """Return the next credits that expire, a line each, '' where there are none; `now` in Unix seconds."""
    found = living(expiring, now)
    lines = [
        texts.expire_on(credits_words(each.credits), stamp(each.expires_at, "D"), stamp(each.expires_at))
        for each in found[:LOTS_SHOWN]
    ]
    if len(found) > LOTS_SHOWN:
        lines.append(texts.and_more(len(found) - LOTS_SHOWN))
    return fitting(lines, EMBED_FIELD_CHARS)
