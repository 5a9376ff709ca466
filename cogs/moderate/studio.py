"""`/studio`: what moderators set for their server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.delivery import Delivery
from bot.delivery.answers.deferral import defer
from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import EMBED_FIELD_CHARS, in_time
from bot.domain.models import RUNNING_STATES, JobState
from bot.domain.server.setting import SettingsPage
from bot.domain.words.text import shortened, stamp
from bot.moderation.members import AccessChanges
from bot.server.operations import OperationSwitches
from bot.store import Decisions, JobLists
from cogs.community.shootout import table_lines
from cogs.community.texts import TITLE as SHOOTOUTS
from cogs.moderate import texts
from cogs.moderate.api_key import open_key_form, remove_key
from cogs.moderate.practice import switch_practice
from cogs.moderate.settings.commands import open_settings
from cogs.moderate.settings.role_access import role_access
from cogs.moderate.setup.page import add_setup
from cogs.moderate.status import texts as status_texts
from cogs.moderate.status.books import add_account, add_api_changes, add_books
from cogs.recipes.panel import open_recipes
from cogs.recipes.shown import complete as complete_recipes
from cogs.recipes.texts import RECIPES_COMMAND, SHOWN_OPTION
from cogs.ui.controls import Control, on, view_of
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.limit_text import fitting
from cogs.ui.panels import PanelPage, number_in, part_of, show_page, turns
from cogs.ui.permissions import guild_of, moderators_only, require_manager, require_moderator
from cogs.ui.texts import PRIVATE_OPTION
from cogs.workflows.asked.submit import open_request

RECORD = "record"
RECORD_LINES, RECORD_SHOWN, RECORD_CHARS = 50, 10, 350
CARDS_REDRAWN = 25
"""How many waiting cards show the pause at once; the others at their next update."""


async def pause(interaction: Interaction, *, on: bool) -> None:
    """Pause or resume new jobs. Running jobs still finish and are delivered."""
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    await defer(interaction, ephemeral=True, thinking=True)
    await use(bot, AccessChanges).pause(guild_id, on=on, by_id=interaction.user.id)
    await in_time(interaction.edit_original_response(content=await _said(bot, guild_id, on=on)))
    await _redraw_waiting(bot, guild_id)


async def _said(bot: Bot, guild_id: int, *, on: bool) -> str:
    counts = await use(bot, JobLists).counts(guild_id)
    waiting = counts.get(JobState.WAITING, 0)
    if on:
        return texts.PAUSED(running=sum(counts.get(state, 0) for state in RUNNING_STATES), waiting=waiting)
    return texts.RESUMED(waiting=waiting)


async def _redraw_waiting(bot: Bot, guild_id: int) -> None:
    jobs = await use(bot, JobLists).recent(guild_id, states=(JobState.WAITING,), limit=10 * CARDS_REDRAWN)
    for card_id in list(dict.fromkeys(job.card_id for job in jobs))[:CARDS_REDRAWN]:
        await use(bot, Delivery).show(guild_id, card_id)


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class StudioCommands(commands.GroupCog, group_name="studio", group_description=texts.STUDIO_GROUP):
    """Moderators' settings; permission is checked at every step."""

    def __init__(self, bot: Bot) -> None:
        super().__init__()
        self.bot = bot

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let moderators through only."""
        return await moderators_only(interaction)

    @app_commands.command(name="key", description=texts.KEY_COMMAND)
    @app_commands.describe(action=texts.KEY_ACTION_OPTION)
    async def key(self, interaction: Interaction, action: Literal["set", "remove"] = "set") -> None:
        guild_of(interaction)
        require_manager(interaction)
        if action == "remove":
            await remove_key(interaction)
        else:
            await open_key_form(interaction)

    @app_commands.command(name="setup", description=texts.SETUP_COMMAND)
    async def setup_panel(self, interaction: Interaction) -> None:
        """Show the steps of the setup with controls to take them."""
        await open_settings(interaction, SettingsPage.SETUP)

    @app_commands.command(name="practice", description=texts.PRACTICE_COMMAND)
    @app_commands.describe(switch=texts.PRACTICE_OPTION)
    async def practice(self, interaction: Interaction, switch: Literal["on", "off"] = "on") -> None:
        """Have this server practise in a sandbox that costs nothing, or end that."""
        await switch_practice(interaction, switch)

    @app_commands.command(name="settings", description=texts.SETTINGS_COMMAND)
    async def settings(self, interaction: Interaction) -> None:
        """Show the settings with controls to change them."""
        await open_settings(interaction, SettingsPage.ACCESS)

    @app_commands.command(name="status", description=texts.STATUS_COMMAND)
    async def status(self, interaction: Interaction) -> None:
        """Show the server's key, its account, its running jobs, and what has changed at Cannon Studio."""
        guild_id = guild_of(interaction)
        await defer(interaction, ephemeral=True, thinking=True)
        embed = discord.Embed(title=status_texts.TITLE, colour=NEUTRAL)
        await add_account(embed, interaction)
        await add_books(embed, self.bot, guild_id)
        await add_api_changes(embed, self.bot, guild_id)
        if table := await table_lines(self.bot, guild_id):
            embed.add_field(name=SHOOTOUTS, value=fitting(table, EMBED_FIELD_CHARS), inline=False)
        access = await role_access(interaction)
        if access is not None:
            embed.add_field(name=texts.ROLE_ACCESS, value=access, inline=False)
        await add_setup(embed, interaction)
        view = view_of([Control.button(RECORD, "0", label=status_texts.RECORD)])
        await in_time(interaction.edit_original_response(embed=embed, view=view))

    @app_commands.command(name="request", description=texts.REQUEST_COMMAND)
    @app_commands.describe(operation=texts.REQUESTED_OPERATION_OPTION, private=PRIVATE_OPTION)
    async def request(self, interaction: Interaction, operation: str, private: bool = False) -> None:
        """Open the form for an operation's input."""
        await open_request(interaction, operation, private)

    @request.autocomplete("operation")
    async def _usable_operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        off = use(interaction, OperationSwitches).off(guild_of(interaction))
        offered = interaction.client.catalogue.suggest_operations(typed, without=off)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    @app_commands.command(name="recipes", description=RECIPES_COMMAND)
    @app_commands.describe(recipe=SHOWN_OPTION)
    @app_commands.autocomplete(recipe=complete_recipes)
    async def recipes(self, interaction: Interaction, recipe: app_commands.Range[str, 1, 60] | None = None) -> None:
        """Show the recipes with controls to write, change and delete them."""
        await open_recipes(interaction, recipe)

    @app_commands.command(name="pause", description=texts.PAUSE_COMMAND)
    @app_commands.describe(switch=texts.PAUSE_OPTION)
    async def pause(self, interaction: Interaction, switch: Literal["on", "off"]) -> None:
        await pause(interaction, on=switch == "on")


@on(RECORD)
async def show_record(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show the record's last lines, newest first, as the log channel has them."""
    await require_moderator(interaction)
    found = await use(interaction, Decisions).all(guild_of(interaction), limit=RECORD_LINES)
    part = part_of(found, number_in(subject), RECORD_SHOWN)
    lines = [f"{stamp(each.at, 'f')} · {shortened(each.text, RECORD_CHARS)}" for each in part.items]
    text = "\n".join(lines) or str(status_texts.NO_RECORD)
    await show_page(interaction, PanelPage(title=str(status_texts.RECORD), text=text, controls=turns(RECORD, part)))


async def setup(bot: Bot) -> None:
    await bot.add_cog(StudioCommands(bot))
