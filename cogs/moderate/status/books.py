"""A server's jobs, credits, books and prices in `/studio status`."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby, islice

import discord

from bot.account.api_keys import ApiKeys, UsableKey
from bot.account.audit import difference_text
from bot.account.key_health import StatusChecks
from bot.account.unavailable import UnavailableOperations
from bot.cannon.estimates import EstimateOutcome
from bot.domain.models import AccountStatus, JobState, credits_text, credits_words
from bot.domain.server.guild_rules import Scope
from bot.domain.words.text import harmless, harmless_within, shortened, stamp
from bot.errors import CannonError, NoKey
from bot.jobs.signals import WorkerSignals
from bot.language import tr
from bot.prices.estimates import EstimateTool
from bot.server.operations import ApiDrift, change_words
from bot.store import AccountChecks, GuildKeys, GuildSettings, JobLists, Ledger, SpendingViews
from cogs.events.acts import ServerEvents
from cogs.moderate.status import texts
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import expiry_rule
from cogs.ui.permissions import guild_of, is_host
from cogs.ui.texts import BUY_CREDITS, HOST_LIMIT, HOST_TOTAL
from cogs.ui.top_up import pack_lines, server_pace

EVENTS_SHOWN = 5


async def add_books(embed: discord.Embed, bot: Bot, guild_id: int) -> None:
    """Add running jobs, credits spent, held and free, the last reconciliation, and price estimates."""
    try:
        key = await use(bot, ApiKeys).for_guild(guild_id)
    except NoKey:
        key = None
    sums = await use(bot, Ledger).balance(guild_id)
    embed.add_field(name=texts.RESERVED, value=credits_words(sums.held))
    if key is not None and key.id is not None and key.balance is not None:
        free = max(key.balance - sums.held, Decimal(0))
        embed.add_field(name=texts.FREE, value=credits_words(free))
    embed.add_field(name=texts.SPENT, value=credits_words(sums.spent))
    await _add_jobs(embed, bot, guild_id)
    await _add_events(embed, bot, guild_id)
    if key is not None:
        await _add_account(embed, bot, guild_id, key)
        await _add_tool(embed, bot, guild_id, key)


async def _add_jobs(embed: discord.Embed, bot: Bot, guild_id: int) -> None:
    counts = await use(bot, JobLists).counts(guild_id)
    lines = [texts.jobs_in(state, count) for state in texts.STATES if (count := counts.get(state, 0))]
    embed.add_field(name=texts.JOBS_RUNNING, value="\n".join(lines) or texts.NO_JOBS_RUNNING)
    held = counts.get(JobState.HELD, 0)
    if held:
        embed.add_field(name=texts.HELD, value=str(held))


async def _add_events(embed: discord.Embed, bot: Bot, guild_id: int) -> None:
    lines = [
        texts.PURSE(
            theme=harmless(event.theme),
            channel=event.channel_id,
            paid=credits_text(used.paid),
            purse=credits_words(event.purse),
        )
        for event, used in await use(bot, ServerEvents).purses(guild_id)
    ]
    if lines:
        embed.add_field(name=texts.EVENTS, value="\n".join(lines[:EVENTS_SHOWN]), inline=False)


async def _add_account(embed: discord.Embed, bot: Bot, guild_id: int, key: UsableKey) -> None:
    """Add the last reconciliation, how long credits last, and where to buy more."""
    if key.id is None:
        embed.add_field(name=texts.ACCOUNT, value=texts.HOST_NOT_COMPARED, inline=False)
        return
    found = await use(bot, AccountChecks).last(guild_id)
    if found is None:
        compared = str(texts.NOT_COMPARED)
    elif found.credits:
        compared = texts.COMPARED_WITH_DIFFERENCE(when=stamp(found.at), difference=difference_text(found))
    else:
        compared = texts.COMPARED(when=stamp(found.at))
    embed.add_field(name=texts.ACCOUNT, value=compared, inline=False)
    status = use(bot, ApiKeys).last_status(guild_id, key)
    if status is not None and (rule := expiry_rule(status.plan)):
        embed.add_field(name=texts.EXPIRING, value=rule, inline=False)
    if packs := use(bot, ApiKeys).packs(key):
        lines = pack_lines(packs, await server_pace(bot, guild_id))
        embed.add_field(name=BUY_CREDITS, value=lines, inline=False)


async def _add_tool(embed: discord.Embed, bot: Bot, guild_id: int, key: UsableKey) -> None:
    rules = await use(bot, GuildSettings).get(guild_id)
    health = use(bot, EstimateTool).health(key.slot(guild_id))
    if not rules.estimate_tool:
        words = str(texts.TOOL_OFF)
    elif health is None:
        words = str(texts.TOOL_NOT_USED)
    else:
        says = {
            EstimateOutcome.ANSWERED: texts.TOOL_ANSWERS,
            EstimateOutcome.UNPRICED: texts.TOOL_HAS_NO_PRICE,
            EstimateOutcome.SILENT: texts.TOOL_SILENT,
            EstimateOutcome.NOT_UNDERSTOOD: texts.TOOL_NOT_UNDERSTOOD,
            EstimateOutcome.REFUSED: texts.TOOL_REFUSES_HOST if key.id is None else texts.TOOL_REFUSES,
        }
        words = says[health.outcome](since=stamp(health.since), last=stamp(health.last_at))
    embed.add_field(name=texts.TOOL, value=words, inline=False)


async def add_account(embed: discord.Embed, interaction: Interaction) -> None:
    """Add the key and its account as reported; of the host's account, credits only to the host."""
    bot, guild_id = interaction.client, guild_of(interaction)
    try:
        key = await use(bot, ApiKeys).for_guild(guild_id)
    except NoKey as error:
        embed.add_field(name=texts.KEY, value=error.sentence, inline=False)
        return
    own = await use(bot, GuildKeys).current(guild_id)
    shown = str(texts.HOST_KEY)
    if own is not None:
        shown = texts.key_set_by(own.last4, own.set_by, own.set_at)
        if own.practice:
            shown = texts.practises_since(own.set_by, own.set_at)
    embed.add_field(name=texts.KEY, value=shown, inline=False)
    shows_credits = key.id is not None or is_host(interaction)
    if key.id is None:
        await _add_host_limits(embed, bot, guild_id, with_total=shows_credits)
    started = bot.clock.monotonic()
    try:
        status = await use(bot, StatusChecks).status(guild_id, key)
    except CannonError as error:
        embed.add_field(name=texts.API, value=f"⚠️ {error.sentence}", inline=False)
        _add_last_seen(embed, key, shows_credits=shows_credits)
        return
    if status is None:
        embed.add_field(name=texts.API, value=texts.CHECKED_OFTEN)
        _add_last_seen(embed, key, shows_credits=shows_credits)
        return
    use(bot, UnavailableOperations).forget(guild_id, key)
    if key.refused:
        use(bot, WorkerSignals).resume(guild_id, key.slot(guild_id))  # it works again
    embed.add_field(name=texts.API, value=texts.api_answers((bot.clock.monotonic() - started) * 1000))
    _add_status(embed, status, shows_credits=shows_credits)


async def _add_host_limits(embed: discord.Embed, bot: Bot, guild_id: int, *, with_total: bool) -> None:
    """Add what is left of the host's limits; only the host sees the total of all servers."""
    for headroom in await use(bot, SpendingViews).of_host(guild_id):
        limit = headroom.limit
        is_total = limit.scope is Scope.HOST_TOTAL
        if is_total and not with_total:
            continue
        spent, renewed = credits_text(limit.credits - headroom.left), stamp(headroom.refills_at or 0, "D")
        value = texts.host_limit(spent, credits_text(limit.credits), renewed)
        embed.add_field(name=HOST_TOTAL if is_total else HOST_LIMIT, value=value, inline=False)


def _add_last_seen(embed: discord.Embed, key: UsableKey, *, shows_credits: bool) -> None:
    if key.balance is not None and shows_credits:
        embed.add_field(name=texts.CREDITS_LAST_SEEN, value=credits_text(key.balance))


def _add_status(embed: discord.Embed, status: AccountStatus, *, shows_credits: bool) -> None:
    embed.add_field(name=texts.PLAN, value=harmless(status.plan or str(texts.NOT_REPORTED)))
    if shows_credits:
        left = str(texts.NOT_REPORTED) if status.credits is None else credits_text(status.credits)
        embed.add_field(name=texts.CREDITS_LEFT, value=left)


SEEN_MAX = 100
READINGS_MAX = 3
"""How many readings of the API description are shown with changes."""
LINE_CHARS = 300
GONE_MAX = 8
TITLE_CHARS = 80


async def add_api_changes(embed: discord.Embed, bot: Bot, guild_id: int) -> None:
    """Add when the API's description was read, its latest changes, and what it no longer offers."""
    drift, read_at = use(bot, ApiDrift), bot.live_catalogue.read_at
    lines = [str(texts.DESCRIPTION_NOT_READ) if read_at is None else texts.DESCRIPTION_READ(when=stamp(read_at))]
    seen = await drift.latest(guild_id, SEEN_MAX)
    for at, changes in islice(groupby(seen, key=lambda each: each.at), READINGS_MAX):
        lines.append(f"{stamp(at)} {shortened(change_words(list(changes)), LINE_CHARS)}")
    embed.add_field(name=texts.DESCRIPTION, value="\n".join(lines), inline=False)
    gone = [harmless_within(tr(each.title), TITLE_CHARS) for each in drift.gone(guild_id)]
    if gone:
        embed.add_field(name=texts.NOT_OFFERED, value=texts.named_or_more(gone[:GONE_MAX], len(gone)), inline=False)
