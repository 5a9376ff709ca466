"""Where a server's own account buys credits: lines for an embed, and buttons below a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import discord

from bot.account.api_keys import ApiKeys
from bot.account.texts import pack_name
from bot.delivery.channels.facts import EMBED_FIELD_CHARS
from bot.domain.models import CreditPack
from bot.domain.money.account import DAY_S, HISTORY_DAYS, spent_a_day
from bot.domain.words.text import shortened
from bot.errors import NoKey, Refused
from bot.store import Reports
from cogs.ui import texts
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.permissions import guild_of, is_moderator, is_outside
from cogs.ui.prices import LABEL_CHARS


async def server_pace(bot: Bot, guild_id: int) -> Decimal:
    """Return the credits that a server spends a day."""
    now = bot.clock.wall()
    found = await use(bot, Reports).totals(guild_id, [(now - HISTORY_DAYS * DAY_S, now)])
    return spent_a_day(found.total, found.first_at, now)


def pack_lines(packs: Sequence[CreditPack], a_day: Decimal) -> str:
    """Return each pack as a link, with how long it lasts at `a_day` credits a day; '' without any."""
    lines = [f"[{_label(each, a_day)}]({each.url})" if pack_name(each) else each.url for each in packs]
    return fitting(lines, EMBED_FIELD_CHARS)


async def pack_buttons(interaction: Interaction, error: Refused) -> list[discord.ui.Button[Any]]:
    """Return buttons that buy credits, for one whose account lacks them: a moderator, a member outside servers."""
    bot, guild_id = interaction.client, guild_of(interaction)
    if error.reason != "balance" or not (is_outside(interaction) or await is_moderator(interaction)):
        return []
    keys = use(bot, ApiKeys)
    try:
        packs = keys.packs(await keys.for_guild(guild_id))
    except NoKey:
        return []
    a_day = await server_pace(bot, guild_id) if packs else Decimal(0)
    return [discord.ui.Button(label=_buy(each, a_day), url=each.url) for each in packs]


def _buy(pack: CreditPack, a_day: Decimal) -> str:
    label = texts.BUY(pack=_label(pack, a_day)) if pack_name(pack) else str(texts.BUY_CREDITS)
    return shortened(label, LABEL_CHARS)


def _label(pack: CreditPack, a_day: Decimal) -> str:
    name = pack_name(pack)
    if pack.credits is None or not a_day:
        return name
    days = (pack.credits / a_day).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return texts.PACK_LASTS(pack=name, count=days)
