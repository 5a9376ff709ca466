"""The surface: one package for each thing a person does. `setup` loads them all; the core knows only this name."""

from __future__ import annotations

import importlib

from discord.ext import commands

EXTENSIONS = (
    "cogs.workflows.image",
    "cogs.workflows.video",
    "cogs.workflows.audio",
    "cogs.workflows.prompt",
    "cogs.workflows.finish",
    "cogs.workflows.sora",
    "cogs.recipes.commands",
    "cogs.workflows.batch",
    "cogs.moderate.settings.commands",
    "cogs.moderate.studio",
    "cogs.moderate.quota",
    "cogs.member.usage",
    "cogs.results.buttons",
    "cogs.results.remove",
    "cogs.jobs.commands",
    "cogs.results.context_menus",
    "cogs.member.privacy",
    "cogs.moderate.review",
    "cogs.workflows.confirm",
    "cogs.moderate.approvals",
    "cogs.reactions.listener",
    "cogs.member.help",
)


async def setup(bot: commands.Bot) -> None:
    """Load every group. As modules, not as extensions of their own: those are read anew for every bot of a process."""
    for extension in EXTENSIONS:
        await importlib.import_module(extension).setup(bot)
