"""The account that pays for a server, as `/studio status` shows it."""

import discord

from bot.app.client import CannonBot
from bot.domain.guild_rules import Scope
from bot.domain.harmless_text import harmless
from bot.domain.models import AccountStatus, credits_text
from bot.domain.text import stamp
from bot.errors import CannonError, NoKey
from bot.guild.api_keys import UsableKey
from cogs.moderate.status import texts
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, is_host


async def add_account(embed: discord.Embed, interaction: Interaction) -> None:
    """Add the server's key and what Cannon Studio reports of it; of the host's account, credits only to the host."""
    bot, guild_id = interaction.client, guild_of(interaction)
    parts = bot.parts
    try:
        key = await parts.keys.for_guild(guild_id)
    except NoKey as error:
        embed.add_field(name=texts.KEY, value=error.sentence, inline=False)
        return
    own = await parts.store.keys.current(guild_id)
    shown = str(texts.HOST_KEY)
    if own is not None:
        shown = texts.key_set_by(own.last4, own.set_by, own.set_at)
        if own.practice:
            shown = texts.practises_since(own.set_by, own.set_at)
    embed.add_field(name=texts.KEY, value=shown, inline=False)
    shows_credits = key.id is not None or is_host(interaction)
    if key.id is None:
        await _add_host_limits(embed, bot, guild_id, with_total=shows_credits)
    if not parts.status_pace.allows(guild_id):
        embed.add_field(name=texts.API, value=texts.CHECKED_OFTEN)
        _add_last_seen(embed, key, shows_credits=shows_credits)
        return
    started = bot.clock.monotonic()
    try:
        status = await parts.client.status(key.secret)
    except CannonError as error:
        embed.add_field(name=texts.API, value=f"⚠️ {error.sentence}", inline=False)
        _add_last_seen(embed, key, shows_credits=shows_credits)
        return
    await parts.keys.note_status(guild_id, key, status)
    parts.unavailable.forget(guild_id, key)
    if key.refused:
        parts.signals.resume(guild_id, key.slot(guild_id))  # it works again
    embed.add_field(name=texts.API, value=texts.api_answers((bot.clock.monotonic() - started) * 1000))
    _add_status(embed, status, shows_credits=shows_credits)


async def _add_host_limits(embed: discord.Embed, bot: CannonBot, guild_id: int, *, with_total: bool) -> None:
    """Add what is left of the host's limits; what all servers spend together is the host's business alone."""
    for headroom in await bot.parts.store.spending.of_host(guild_id):
        limit = headroom.limit
        is_total = limit.scope is Scope.HOST_TOTAL
        if is_total and not with_total:
            continue
        spent, renewed = credits_text(limit.credits - headroom.left), stamp(headroom.refills_at or 0, "D")
        value = texts.host_limit(spent, credits_text(limit.credits), renewed)
        embed.add_field(name=texts.HOST_TOTAL if is_total else texts.HOST_LIMIT, value=value, inline=False)


def _add_last_seen(embed: discord.Embed, key: UsableKey, *, shows_credits: bool) -> None:
    if key.balance is not None and shows_credits:
        embed.add_field(name=texts.CREDITS_LAST_SEEN, value=credits_text(key.balance))


def _add_status(embed: discord.Embed, status: AccountStatus, *, shows_credits: bool) -> None:
    embed.add_field(name=texts.PLAN, value=harmless(status.plan or str(texts.NOT_REPORTED)))
    if shows_credits:
        left = str(texts.NOT_REPORTED) if status.credits is None else credits_text(status.credits)
        embed.add_field(name=texts.CREDITS_LEFT, value=left)
