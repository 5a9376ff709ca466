"""Where a server's own account buys credits: lines for an embed, and buttons below a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.account.texts import pack_name
from bot.delivery.channels.facts import EMBED_FIELD_CHARS
from bot.domain.models import CreditPack
from bot.domain.money.account import DAY_S, HISTORY_DAYS, spent_a_day
from bot.store import Reports
from cogs.ui import texts
from cogs.ui.interaction import Bot, use
from cogs.ui.limit_text import fitting


async def server_pace(bot: Bot, guild_id: int) -> Decimal:
    """Return the credits that a server spends a day."""
    now = bot.clock.wall()
    found = await use(bot, Reports).totals(guild_id, [(now - HISTORY_DAYS * DAY_S, now)])
    return spent_a_day(found.total, found.first_at, now)


def pack_lines(packs: Sequence[CreditPack], a_day: Decimal) -> str:
    """Return each pack as a link, with how long it lasts at `a_day` credits a day; '' without any."""
    lines = [f"[{pack_label(each, a_day)}]({each.url})" if pack_name(each) else each.url for each in packs]
    return fitting(lines, EMBED_FIELD_CHARS)


def pack_label(pack: CreditPack, a_day: Decimal) -> str:
    name = pack_name(pack)
    if pack.credits is None or not a_day:
        return name
    days = round(pack.credits / a_day, 0)
    return texts.PACK_LASTS(pack=name, count=days)
