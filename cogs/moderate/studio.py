"""`/studio`: what moderators set for their server."""

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import in_time
from bot.domain.reaction_rules import NEEDED_MAX
from cogs.moderate import texts
from cogs.moderate.account import add_account
from cogs.moderate.api_changes import add_api_changes
from cogs.moderate.api_key import KeyForm, remove_key
from cogs.moderate.blocks import block, pause, show_blocked, unblock
from cogs.moderate.books import add_books
from cogs.moderate.operations import operations
from cogs.moderate.price_form import open_price_form
from cogs.moderate.prices import model_choices, replace_prices, set_price, show_prices
from cogs.moderate.review import ReviewScope, set_review
from cogs.moderate.settings.commands import open_settings
from cogs.moderate.settings.forms import MODEL_CHARS
from cogs.reactions.settings import ReactionSettings, set_gallery
from cogs.ui.durations import SPAN_CHARS
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, moderators_only, require_manager
from cogs.ui.texts import PRIVATE_OPTION
from cogs.workflows.raw_request import open_request

CREDITS_MAX = 999_999_999
REASON_CHARS = 200


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class StudioCommands(commands.GroupCog, group_name="studio", group_description=texts.STUDIO_GROUP):
    """Moderators' settings; permission is checked at every step."""

    reactions = ReactionSettings()

    def __init__(self, bot: CannonBot) -> None:
        super().__init__()
        self.bot = bot

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let moderators through only."""
        return await moderators_only(interaction)

    @app_commands.command(name="key", description=texts.KEY_COMMAND)
    @app_commands.describe(action=texts.KEY_ACTION_OPTION)
    async def key(self, interaction: Interaction, action: Literal["set", "remove"] = "set") -> None:
        """Open the form for the key, or remove the key."""
        guild_of(interaction)
        require_manager(interaction)
        if action == "remove":
            await remove_key(interaction)
        else:
            await in_time(interaction.response.send_modal(KeyForm(self.bot)))

    @app_commands.command(name="settings", description=texts.SETTINGS_COMMAND)
    async def settings(self, interaction: Interaction) -> None:
        """Show the settings with controls to change them."""
        await open_settings(interaction)

    @app_commands.command(name="status", description=texts.STATUS_COMMAND)
    async def status(self, interaction: Interaction) -> None:
        """Show the server's key, its account, its running jobs, and what has changed at Cannon Studio."""
        guild_id = guild_of(interaction)
        await in_time(interaction.response.defer(ephemeral=True, thinking=True))
        embed = discord.Embed(title=texts.STATUS_TITLE, colour=NEUTRAL)
        await add_account(embed, interaction)
        await add_books(embed, self.bot, guild_id)
        await add_api_changes(embed, self.bot, guild_id)
        await in_time(interaction.edit_original_response(embed=embed))

    @app_commands.command(name="operations", description=texts.OPERATIONS_COMMAND)
    @app_commands.describe(
        operation=texts.SWITCHED_OPERATION_OPTION,
        switch=texts.SWITCH_OPTION,
        everywhere=texts.EVERYWHERE_OPTION,
    )
    async def operations(
        self,
        interaction: Interaction,
        operation: str | None = None,
        switch: Literal["on", "off"] | None = None,
        everywhere: bool = False,
    ) -> None:
        """Show which operations are on, or switch one."""
        await operations(interaction, operation, switch, everywhere)

    @operations.autocomplete("operation")
    async def _any_operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        offered = interaction.client.catalogue.suggest_operations(typed)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    @app_commands.command(name="request", description=texts.REQUEST_COMMAND)
    @app_commands.describe(operation=texts.REQUESTED_OPERATION_OPTION, private=PRIVATE_OPTION)
    async def request(self, interaction: Interaction, operation: str, private: bool = False) -> None:
        """Open the form for an operation's input."""
        await open_request(interaction, operation, private)

    @request.autocomplete("operation")
    async def _usable_operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        off = interaction.client.parts.switches.off(interaction.guild_id or 0)
        offered = interaction.client.catalogue.suggest_operations(typed, without=off)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    @app_commands.command(name="price", description=texts.PRICE_COMMAND)
    @app_commands.rename(amount="credits")
    @app_commands.describe(
        operation=texts.PRICED_OPERATION_OPTION,
        amount=texts.PRICE_OPTION,
        per=texts.PRICE_UNIT_OPTION,
        model=texts.PRICED_MODEL_OPTION,
    )
    async def price(
        self,
        interaction: Interaction,
        operation: str | None = None,
        amount: app_commands.Range[float, 0, CREDITS_MAX] | None = None,
        per: Literal["job", "output", "second"] = "job",
        model: app_commands.Range[str, 1, MODEL_CHARS] | None = None,
    ) -> None:
        """Set or remove a price; without an operation, open the form for one."""
        if operation is None:
            await open_price_form(interaction, amount, per, model)
        else:
            await set_price(interaction, operation, amount, per, model)

    @price.autocomplete("operation")
    async def _priced_operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        offered = interaction.client.catalogue.suggest_operations(typed)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    @price.autocomplete("model")
    async def _priced_model(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return model_choices(interaction, typed)

    @app_commands.command(name="prices", description=texts.PRICES_COMMAND)
    @app_commands.describe(file=texts.PRICE_FILE_OPTION)
    async def prices(self, interaction: Interaction, file: discord.Attachment | None = None) -> None:
        """Show the price list, or replace it by a file's."""
        if file is None:
            await show_prices(interaction)
        else:
            await replace_prices(interaction, file)

    @app_commands.command(name="pause", description=texts.PAUSE_COMMAND)
    @app_commands.describe(switch=texts.PAUSE_OPTION)
    async def pause(self, interaction: Interaction, switch: Literal["on", "off"]) -> None:
        """Pause new jobs, or resume them."""
        await pause(interaction, on=switch == "on")

    @app_commands.command(name="block", description=texts.BLOCK_COMMAND)
    @app_commands.describe(
        member=texts.BLOCKED_MEMBER_OPTION,
        until=texts.BLOCK_DURATION_OPTION,
        reason=texts.BLOCK_REASON_OPTION,
    )
    async def block(
        self,
        interaction: Interaction,
        member: discord.User,
        until: app_commands.Range[str, 2, SPAN_CHARS] | None = None,
        reason: app_commands.Range[str, 1, REASON_CHARS] | None = None,
    ) -> None:
        """Block a member."""
        await block(interaction, member, until, reason or "")

    @app_commands.command(name="unblock", description=texts.UNBLOCK_COMMAND)
    @app_commands.describe(member=texts.BLOCKED_MEMBER_OPTION)
    async def unblock(self, interaction: Interaction, member: discord.User) -> None:
        """Lift a block."""
        await unblock(interaction, member)

    @app_commands.command(name="blocked", description=texts.BLOCKED_COMMAND)
    async def blocked(self, interaction: Interaction) -> None:
        """Show the blocked members."""
        await show_blocked(interaction)

    @app_commands.command(name="gallery", description=texts.GALLERY_COMMAND)
    @app_commands.describe(
        channel=texts.GALLERY_CHANNEL_OPTION,
        stars=texts.GALLERY_STARS_OPTION,
        switch=texts.GALLERY_SWITCH_OPTION,
    )
    async def gallery(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | None = None,
        stars: app_commands.Range[int, 1, NEEDED_MAX] | None = None,
        switch: Literal["on", "off"] | None = None,
    ) -> None:
        """Show, move or switch off the gallery."""
        await set_gallery(interaction, channel, stars, switch)

    @app_commands.command(name="review", description=texts.REVIEW_COMMAND)
    @app_commands.describe(
        channel=texts.REVIEW_CHANNEL_OPTION,
        only_in=texts.REVIEW_SCOPE_OPTION,
        switch=texts.REVIEW_SWITCH_OPTION,
    )
    async def review(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | None = None,
        only_in: ReviewScope | None = None,
        switch: Literal["off"] | None = None,
    ) -> None:
        """Show, set or switch off review."""
        await set_review(interaction, channel, only_in, switch)


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(StudioCommands(bot))
