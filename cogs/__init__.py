"""The Discord surface: one package per feature. The core uses these four functions only."""

from __future__ import annotations

import importlib
from types import ModuleType

from discord.ext import commands

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
    "cogs.events.command",
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
    "cogs.moderate.reports.requests",
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
