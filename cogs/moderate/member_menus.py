"""The menus of a member: what a right-click on them opens. Moderators only, but for posted results."""

from typing import TypeAlias

import discord
from discord import app_commands

from bot.delivery.channels.facts import in_time
from cogs.jobs.browsing import POSTED_BY, Browsing
from cogs.jobs.gallery import show_first
from cogs.moderate import texts
from cogs.moderate.quota.commands import GrantForm, refuse_bot, show_usage
from cogs.moderate.settings.blocked import block_or_unblock
from cogs.ui.interaction import Bot, Interaction
from cogs.ui.permissions import guild_of, require_moderator

Target: TypeAlias = discord.Member | discord.User
"""The member, a user who has left, or a bot."""


@app_commands.context_menu(name=texts.MENU_USAGE)
@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
async def usage(interaction: Interaction, member: Target) -> None:
    """Show what a member may still spend."""
    await require_moderator(interaction)
    refuse_bot(member)
    await show_usage(interaction, member)


@app_commands.context_menu(name=texts.MENU_GRANT)
@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
async def grant(interaction: Interaction, member: Target) -> None:
    """Open the form of a grant."""
    await require_moderator(interaction)
    refuse_bot(member)
    await in_time(interaction.response.send_modal(GrantForm(interaction.client, member.id)))


@app_commands.context_menu(name=texts.MENU_BLOCK)
@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
async def block(interaction: Interaction, member: Target) -> None:
    await block_or_unblock(interaction, member)


@app_commands.context_menu(name=texts.MENU_RESULTS)
@app_commands.guild_only()
async def results(interaction: Interaction, member: Target) -> None:
    """Show a member's posted results in channels that the reader sees."""
    guild_of(interaction)
    refuse_bot(member)
    await show_first(interaction, Browsing(whose=f"{POSTED_BY}{member.id}"))


MENUS = (usage, grant, block, results)
"""Discord takes five."""


async def setup(bot: Bot) -> None:
    for menu in MENUS:
        bot.tree.add_command(menu)


async def teardown(bot: Bot) -> None:
    for menu in MENUS:
        bot.tree.remove_command(menu.name, type=menu.type)
