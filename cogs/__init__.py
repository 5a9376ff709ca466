"""The surface: one file, one slash group, one workflow. `setup` loads them all; the core knows only this name."""

from __future__ import annotations

import importlib

from discord.ext import commands

EXTENSIONS = (
    "cogs.image",
    "cogs.video",
    "cogs.audio",
    "cogs.prompt",
    "cogs.finish",
    "cogs.sora",
    "cogs.recipes",
    "cogs.batch",
    "cogs.settings",
    "cogs.studio",
    "cogs.quota",
    "cogs.usage",
    "cogs.results",
    "cogs.removal",
    "cogs.jobs",
    "cogs.menus",
    "cogs.privacy",
    "cogs.review",
    "cogs.confirm",
    "cogs.approvals",
    "cogs.reactions",
    "cogs.help",
)


async def setup(bot: commands.Bot) -> None:
    """Load every group. As modules, not as extensions of their own: those are read anew for every bot of a process."""
    for extension in EXTENSIONS:
        await importlib.import_module(extension).setup(bot)
