"""The Discord surface: one package per feature. The core uses these five functions only."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from discord.ext import commands

from bot.account.key_health import StatusChecks
from bot.app.parts import Parts
from bot.delivery import CardSurface
from cogs.surface import CogSurface
from cogs.ui.interaction import Bot
from cogs.workflows.registration import DescribedCommands

EXTENSIONS = (
    "cogs.workflows.command",
    "cogs.workflows.voices",
    "cogs.recipes.run",
    "cogs.recipes.schedules",
    "cogs.cast.gallery",
    "cogs.community.shootout",
    "cogs.community.events.commands",
    "cogs.workflows.batch",
    "cogs.moderate.settings.commands",
    "cogs.moderate.studio",
    "cogs.moderate.welcome",
    "cogs.moderate.quota.commands",
    "cogs.member.usage",
    "cogs.results.buttons",
    "cogs.results.variants",
    "cogs.results.single_result",
    "cogs.results.remove",
    "cogs.jobs.commands",
    "cogs.jobs.gallery",
    "cogs.jobs.recovery",
    "cogs.jobs.one_job",
    "cogs.jobs.sharing",
    "cogs.results.context_menus",
    "cogs.moderate.member_menus",
    "cogs.member.panel.own_data",
    "cogs.moderate.decisions.review",
    "cogs.workflows.asked.submit",
    "cogs.moderate.decisions.approvals",
    "cogs.moderate.decisions.refunds",
    "cogs.moderate.reports.form",
    "cogs.moderate.reports.log_buttons",
    "cogs.reactions.listener",
    "cogs.reactions.pressed",
    "cogs.words.listener",
    "cogs.member.panel.commands",
    "cogs.member.help",
    "cogs.workflows.registration",  # last: gives commands to operations that have none
)


def card_surface(bot: Bot) -> CardSurface:
    """Return the CardSurface of this bot. Called once, before the bot is assembled."""
    return CogSurface(bot)


def uses(parts: Parts) -> dict[type[Any], Any]:
    """Return all that cogs may call, by class; they take it by `cogs.ui.interaction.use`.

    Of the store only what a cog would otherwise read through a method that does nothing else.
    """
    delivery, moderation, store = parts.delivery, parts.moderation, parts.store
    used = (
        StatusChecks(parts.status_pace, client=parts.client, keys=parts.keys),
        parts.absences,
        parts.cast,
        parts.events,
        parts.event_desk,
        parts.delivery.cast_pictures,
        parts.api_drift,
        parts.copies,
        parts.delivery,
        parts.estimate_tool,
        parts.first_setup,
        parts.host_prices,
        parts.jobs,
        parts.keys,
        parts.languages,
        parts.member_data,
        parts.own_settings,
        parts.own_accounts,
        parts.practice,
        parts.price_books,
        parts.reconciler,
        parts.recovery,
        parts.sharing,
        parts.shootouts,
        parts.sights,
        parts.signals,
        parts.sources,
        parts.sources.pace,
        parts.switches,
        parts.thumbnails,
        parts.unavailable,
        parts.voices,
        parts.alerts,
        parts.weekly,
        store.account_checks,
        store.weekly,
        store.blocks,
        store.cards,
        store.copies,
        store.job_lists,
        store.jobs,
        store.keys,
        store.ledger,
        store.limits,
        store.practice,
        store.prices,
        store.privacy,
        store.reaction_acts,
        store.reactions,
        store.recipes,
        store.reports,
        store.reviews,
        store.schedules,
        store.settings,
        store.spending,
        store.voices,
        delivery.authors,
        delivery.cards,
        delivery.gate,
        delivery.log_channel,
        delivery.messages,
        delivery.poster,
        delivery.takedown,
        *vars(parts.generation).values(),
        moderation.access,
        moderation.key,
        moderation.prices,
        moderation.questions,
        moderation.quota,
        moderation.reactions,
        moderation.recipes,
        moderation.removals,
        moderation.reviews,
        moderation.schedules,
        moderation.settings,
    )
    return {type(each): each for each in used}


def load() -> list[ModuleType]:
    """Import every group; return the modules in loading order."""
    return [importlib.import_module(extension) for extension in EXTENSIONS]


async def setup(bot: commands.AutoShardedBot) -> None:
    for module in load():
        if hasattr(module, "setup"):  # else importing it has registered its actions
            await module.setup(bot)


async def renew(bot: Bot, *, described: bool) -> None:
    """Rebuild the commands made from the catalogue; without `described`, remove them."""
    cog = bot.get_cog(DescribedCommands.__name__)
    if not isinstance(cog, DescribedCommands):
        return
    if described:
        await cog.renew()
        cog.log()
    else:
        cog.remove()
