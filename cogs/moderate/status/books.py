"""Jobs, credits, books and prices of a server, as `/studio status` shows them."""

from decimal import Decimal

import discord

from bot.app.client import CannonBot
from bot.cannon.estimates import EstimateOutcome
from bot.domain.models import JobState, credits_words
from bot.domain.text import stamp
from bot.errors import NoKey
from bot.guild.account_audit import difference_text
from bot.guild.api_keys import UsableKey
from cogs.moderate.status import texts
from cogs.ui.account_words import expiring_words


async def add_books(embed: discord.Embed, bot: CannonBot, guild_id: int) -> None:
    """Add what runs, what is spent, held and free, whether account and books agree, and how prices are estimated."""
    parts = bot.parts
    try:
        key = await parts.keys.for_guild(guild_id)
    except NoKey:
        key = None
    sums = await parts.store.ledger.balance(guild_id)
    embed.add_field(name=texts.RESERVED, value=credits_words(sums.held))
    if key is not None and key.id is not None and key.balance is not None:
        free = max(key.balance - sums.held, Decimal(0))
        embed.add_field(name=texts.FREE, value=credits_words(free))
    embed.add_field(name=texts.SPENT, value=credits_words(sums.spent))
    await _add_jobs(embed, bot, guild_id)
    if key is not None:
        await _add_account(embed, bot, guild_id, key)
        await _add_tool(embed, bot, guild_id, key)


async def _add_jobs(embed: discord.Embed, bot: CannonBot, guild_id: int) -> None:
    counts = await bot.parts.store.job_lists.counts(guild_id)
    lines = [texts.jobs_in(state, count) for state in texts.STATES if (count := counts.get(state, 0))]
    embed.add_field(name=texts.JOBS_RUNNING, value="\n".join(lines) or texts.NO_JOBS_RUNNING)
    held = counts.get(JobState.HELD, 0)
    if held:
        embed.add_field(name=texts.HELD, value=str(held))


async def _add_account(embed: discord.Embed, bot: CannonBot, guild_id: int, key: UsableKey) -> None:
    """Add the last comparison of the account with the books, what expires, and where to buy more."""
    if key.id is None:
        embed.add_field(name=texts.ACCOUNT, value=texts.HOST_NOT_COMPARED, inline=False)
        return
    found = await bot.parts.store.account_checks.last(guild_id)
    if found is None:
        compared = str(texts.NOT_COMPARED)
    elif found.credits:
        compared = texts.compared_with_difference(stamp(found.at), difference_text(found))
    else:
        compared = texts.compared(stamp(found.at))
    embed.add_field(name=texts.ACCOUNT, value=compared, inline=False)
    told = bot.parts.keys.told(guild_id, key)
    if told is not None and (expiring := expiring_words(told.expiring, bot.clock.wall())):
        embed.add_field(name=texts.EXPIRING, value=expiring, inline=False)
    link = bot.parts.keys.top_up_url(guild_id, key)
    if link is not None:
        embed.add_field(name=texts.TOP_UP, value=link, inline=False)


async def _add_tool(embed: discord.Embed, bot: CannonBot, guild_id: int, key: UsableKey) -> None:
    rules = await bot.parts.store.settings.get(guild_id)
    health = bot.parts.estimate_tool.health(key.slot(guild_id))
    if not rules.estimate_tool:
        words = str(texts.TOOL_OFF)
    elif health is None:
        words = str(texts.TOOL_NOT_USED)
    else:
        says = {
            EstimateOutcome.ANSWERED: texts.tool_answers,
            EstimateOutcome.UNPRICED: texts.tool_has_no_price,
            EstimateOutcome.SILENT: texts.tool_silent,
            EstimateOutcome.REFUSED: texts.tool_refuses,
        }
        words = says[health.outcome](stamp(health.since), stamp(health.last_at))
    embed.add_field(name=texts.TOOL, value=words, inline=False)
