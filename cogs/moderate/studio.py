"""`/studio`: what moderators set for their server."""

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app.client import CannonBot
from bot.delivery.colours import NEUTRAL
from bot.domain.models import JobState, credits_text
from bot.domain.reaction_rules import NEEDED_MAX
from bot.errors import CannonError, NoKey
from cogs.moderate.api_key import KeyForm, remove_key
from cogs.moderate.blocks import block, pause, show_blocked, unblock
from cogs.moderate.operations import operations
from cogs.moderate.prices import model_choices, set_price, show_prices
from cogs.moderate.review import ReviewScope, set_review
from cogs.moderate.settings.commands import open_settings
from cogs.moderate.settings.forms import MODEL_CHARS
from cogs.reactions.settings import ReactionSettings, set_gallery
from cogs.ui.durations import SPAN_CHARS
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, moderators_only
from cogs.ui.texts import PRIVATE_OPTION
from cogs.workflows.raw_request import open_request

CREDITS_MAX = 999_999_999
REASON_CHARS = 200


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class StudioCommands(commands.GroupCog, group_name="studio", group_description="Cannon Studio on this server"):
    """Moderators' settings; the right to them is checked on every step."""

    reactions = ReactionSettings()

    def __init__(self, bot: CannonBot) -> None:
        super().__init__()
        self.bot = bot

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let moderators through only."""
        return await moderators_only(interaction)

    @app_commands.command(name="key", description="Set, replace or remove this server's Cannon Studio API key")
    @app_commands.describe(action="To set a key, in place of the present one, or to remove it; set, if left out")
    async def key(self, interaction: Interaction, action: Literal["set", "remove"] = "set") -> None:
        """Open the form for the key, or remove the key."""
        guild_of(interaction)
        if action == "remove":
            await remove_key(interaction)
        else:
            await interaction.response.send_modal(KeyForm(self.bot))

    @app_commands.command(name="settings", description="The rules of this server: access, limits, approval, results")
    async def settings(self, interaction: Interaction) -> None:
        """Show the settings with controls to change them."""
        await open_settings(interaction)

    @app_commands.command(name="status", description="Key, credits, running jobs, and whether the API answers")
    async def status(self, interaction: Interaction) -> None:
        """Show how the server stands with Cannon Studio."""
        guild_id = guild_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        embed = discord.Embed(title="Cannon Studio on this server", colour=NEUTRAL)
        await self._add_account(embed, guild_id)
        await self._add_jobs(embed, guild_id)
        await interaction.edit_original_response(embed=embed)

    @app_commands.command(name="operations", description="Which operations are on here; switch one on or off")
    @app_commands.describe(
        operation="The operation to switch; left out, all are listed",
        switch="Whether it may be used",
        everywhere="In all servers of this bot; for the bot's owner only",
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

    @app_commands.command(name="request", description="Run any operation, with its input as JSON")
    @app_commands.describe(operation="The operation, e.g. three_d.location.generate", private=PRIVATE_OPTION)
    async def request(self, interaction: Interaction, operation: str, private: bool = False) -> None:
        """Open the form for an operation's input."""
        await open_request(interaction, operation, private)

    @request.autocomplete("operation")
    async def _usable_operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        off = interaction.client.parts.switches.off(interaction.guild_id or 0)
        offered = interaction.client.catalogue.suggest_operations(typed, without=off)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    @app_commands.command(name="price", description="Set what a kind of job is thought to cost here, or remove that")
    @app_commands.rename(amount="credits")
    @app_commands.describe(
        operation="The operation, e.g. video.generate",
        amount="Credits for one job; left out, the price is removed",
        model="Only with this model; left out, with any that has no price of its own",
    )
    async def price(
        self,
        interaction: Interaction,
        operation: str,
        amount: app_commands.Range[float, 0, CREDITS_MAX] | None = None,
        model: app_commands.Range[str, 1, MODEL_CHARS] | None = None,
    ) -> None:
        """Set or remove a price."""
        await set_price(interaction, operation, amount, model)

    @price.autocomplete("operation")
    async def _priced_operation(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        offered = interaction.client.catalogue.suggest_operations(typed)
        return [app_commands.Choice(name=label, value=value) for label, value in offered]

    @price.autocomplete("model")
    async def _priced_model(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return model_choices(interaction, typed)

    @app_commands.command(name="prices", description="Show the prices that are set here")
    async def prices(self, interaction: Interaction) -> None:
        """Show the price list."""
        await show_prices(interaction)

    @app_commands.command(name="pause", description="Let no new job start; running ones are delivered")
    @app_commands.describe(switch="on: no new jobs; off: as usual")
    async def pause(self, interaction: Interaction, switch: Literal["on", "off"]) -> None:
        """Drain the server, or let jobs start again."""
        await pause(interaction, on=switch == "on")

    @app_commands.command(name="block", description="Let a member not use the bot here")
    @app_commands.describe(
        member="Who",
        until="For how long: 12h, 7d, 2w; left out, for good",
        reason="Why; the member reads it",
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

    @app_commands.command(name="unblock", description="Let a blocked member use the bot again")
    @app_commands.describe(member="Who")
    async def unblock(self, interaction: Interaction, member: discord.User) -> None:
        """Lift a block."""
        await unblock(interaction, member)

    @app_commands.command(name="blocked", description="Show who is blocked here, until when and why")
    async def blocked(self, interaction: Interaction) -> None:
        """Show the blocked members."""
        await show_blocked(interaction)

    @app_commands.command(
        name="gallery", description="Show starred results in a channel; say where, and how many stars"
    )
    @app_commands.describe(
        channel="Where the gallery is",
        stars="How many members have to star a result; 3 at first",
        switch="off: no gallery",
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

    @app_commands.command(name="review", description="Let moderators look at results before they are posted")
    @app_commands.describe(
        channel="Where moderators look at them, publish or refuse them",
        only_in="Only results of this channel or category; left out, of the whole server",
        switch="off: post results at once again",
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

    async def _add_account(self, embed: discord.Embed, guild_id: int) -> None:
        parts = self.bot.parts
        try:
            key = await parts.keys.for_guild(guild_id)
        except NoKey as error:
            embed.add_field(name="Key", value=error.sentence, inline=False)
            return
        own = await parts.store.keys.current(guild_id)
        shown = f"`…{own.last4}`, set by <@{own.set_by}> <t:{int(own.set_at)}:R>" if own else "the host's own"
        embed.add_field(name="Key", value=shown, inline=False)
        started = self.bot.clock.monotonic()
        try:
            status = await parts.client.status(key.secret)
        except CannonError as error:
            embed.add_field(name="API", value=f"⚠️ {error.sentence}", inline=False)
            if key.balance is not None:
                embed.add_field(name="Credits at the last look", value=credits_text(key.balance))
            return
        await parts.keys.note_status(guild_id, key, status)
        if key.refused:
            parts.worker.resume()  # it works again
        took_ms = (self.bot.clock.monotonic() - started) * 1000
        embed.add_field(name="API", value=f"answers ({took_ms:.0f} ms)")
        embed.add_field(name="Plan", value=discord.utils.escape_markdown(status.plan or "not told"))
        embed.add_field(
            name="Credits left", value="not told" if status.credits is None else credits_text(status.credits)
        )

    async def _add_jobs(self, embed: discord.Embed, guild_id: int) -> None:
        store = self.bot.parts.store
        counts = await store.job_lists.counts(guild_id)
        running = {state: count for state, count in counts.items() if not state.ended and count}
        words = ", ".join(f"{count} {state.value.replace('_', ' ')}" for state, count in running.items())
        embed.add_field(name="Jobs running", value=words or "none")
        sums = await store.ledger.balance(guild_id)
        embed.add_field(name="Spent through this bot", value=f"{credits_text(sums.spent)} credits")
        embed.add_field(name="Held for running jobs", value=f"{credits_text(sums.held)} credits")
        held = counts.get(JobState.HELD, 0)
        if held:
            embed.add_field(name="Made but not posted", value=str(held))


async def setup(bot: CannonBot) -> None:
    """Load the group."""
    await bot.add_cog(StudioCommands(bot))
