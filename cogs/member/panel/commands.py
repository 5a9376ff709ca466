"""`/me`: one private panel for a member's settings, spending and data."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import MappingProxyType

from discord import app_commands
from discord.ext import commands

from bot.delivery.answers.command_payload import anywhere
from bot.delivery.channels.facts import in_time
from bot.domain.models import Job
from bot.domain.money.spend_request import Pays
from bot.domain.server.member_settings import PRESET_NAME_CHARS, MemberSettings, Notify, Preset
from bot.errors import InputError
from bot.generation.generation import Generation
from bot.generation.own_defaults import require_preset_model
from bot.server.community.own_accounts import OwnAccounts
from bot.server.members import OwnSettings
from bot.server.texts import PRESET_FITS
from cogs.member.panel import texts
from cogs.member.panel.forms import AccountForm, DefaultForm, PresetForm
from cogs.member.panel.pages import RATIO, STYLE, MePage, key_of, panel, presets_of, show, with_models, with_presets
from cogs.ui.controls import on, on_job
from cogs.ui.interaction import Bot, Interaction, use
from cogs.ui.permissions import guild_of, require_unblocked
from cogs.ui.prices import pressed
from cogs.ui.texts import GONE
from cogs.workflows.asked.form import OperationForm
from cogs.workflows.asked.own import preset_values
from cogs.workflows.asked.submit import submit


class Me(commands.Cog):
    """A member's own panel."""

    @app_commands.command(name="me", description=texts.ME)
    @anywhere
    async def me(self, interaction: Interaction) -> None:
        """Show the panel, ephemerally."""
        await open_panel(interaction, "", ())


@on("me_open")
async def open_panel(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Show the presser's own panel, ephemerally."""
    embed, view = await panel(interaction, MePage.SPENDING)
    await in_time(interaction.response.send_message(embed=embed, view=view, ephemeral=True))


@on("me")
async def turn_to(interaction: Interaction, page: str, _values: Sequence[str]) -> None:
    """Show another page. Every control of the panel is about the member who presses it."""
    if page not in set(MePage):
        raise InputError(GONE)
    await show(interaction, MePage(page))


# ---------------------------------------------------------------------- defaults


@on("me_set")
async def set_default(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    key = next(iter(values), "")
    known = {RATIO, STYLE, *(f"model.{each.id}" for each in with_models(interaction))}
    if key not in known:
        raise InputError(GONE)
    own = await use(interaction, OwnSettings).of(guild_of(interaction), interaction.user.id)
    await DefaultForm(interaction.client, key, own).open(interaction)


@on("me_toggle")
async def toggle(interaction: Interaction, which: str, _values: Sequence[str]) -> None:
    """Turn private, spoiler, or being shown in galleries on or off."""

    def toggled(own: MemberSettings) -> MemberSettings:
        if which == "private":
            return replace(own, private=not own.private)
        if which == "shown":
            return replace(own, is_unshown=not own.is_unshown)
        return replace(own, spoiler=not own.spoiler)

    await _change(interaction, toggled)
    await show(interaction, MePage.DEFAULTS)


@on("me_clear")
async def clear(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Clear all defaults; notifications and presets stay."""
    await _change(
        interaction,
        lambda own: replace(own, models=MappingProxyType({}), aspect_ratio="", style="", private=False, spoiler=False),
    )
    await show(interaction, MePage.DEFAULTS)


@on("me_notify")
async def set_notify(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    how = next(iter(values), "")
    if how not in set(Notify):
        raise InputError(GONE)
    await use(interaction, OwnSettings).set_notify(guild_of(interaction), interaction.user.id, Notify(how))
    await show(interaction, MePage.NOTIFICATIONS)


async def _change(interaction: Interaction, change: Callable[[MemberSettings], MemberSettings]) -> None:
    await use(interaction, OwnSettings).change(guild_of(interaction), interaction.user.id, change)


# ---------------------------------------------------------------------- the own account


@on("account_link")
async def link_account(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await AccountForm(interaction.client).open(interaction)


@on("account_pays")
async def choose_payer(interaction: Interaction, pays: str, _values: Sequence[str]) -> None:
    """Let the server or the member pay for the member's requests here."""
    if pays not in set(Pays):
        raise InputError(GONE)
    await use(interaction, OwnAccounts).choose(guild_of(interaction), interaction.user.id, Pays(pays))
    await show(interaction, MePage.ACCOUNT)


@on("key_replace")
async def replace_key(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Take another key, from the message that says that the old one is rejected."""
    await AccountForm(interaction.client, says=texts.KEY_REPLACED).open(interaction)


@on("key_server")
async def let_server_pay(interaction: Interaction, guild_id: str, _values: Sequence[str]) -> None:
    """Let a server pay for the presser's new requests there, from the same message."""
    if not guild_id.isdecimal() or await interaction.client.known_guilds.find(int(guild_id)) is None:
        raise InputError(GONE)
    await use(interaction, OwnAccounts).choose(int(guild_id), interaction.user.id, Pays.SERVER)
    await in_time(interaction.response.edit_message(content=texts.SERVER_PAYS_NOW, view=None))


@on("account_remove")
async def remove_account(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Remove the key of the member's own account."""
    removed = await use(interaction, OwnAccounts).remove(interaction.user.id)
    await show(interaction, MePage.ACCOUNT)
    said = texts.account_removed(removed.key.last4, removed.running)
    await in_time(interaction.followup.send(said, ephemeral=True))


# ---------------------------------------------------------------------- presets


@on("preset_pick")
async def pick_preset(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    await show(interaction, MePage.PRESETS, next(iter(values), ""))


@on("preset_new")
async def new_preset(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    operation = next((each for each in with_presets(interaction) if each.id in values), None)
    if operation is None:
        raise InputError(GONE)
    await PresetForm(interaction.client, operation, {}).open(interaction)


@on("preset_edit")
async def edit_preset(interaction: Interaction, key: str, _values: Sequence[str]) -> None:
    preset = await _preset(interaction, key)
    operation = interaction.client.catalogue.resolve(preset.operation)
    await PresetForm(interaction.client, operation, preset.values, name=preset.name).open(interaction)


@on("preset_delete")
async def delete_preset(interaction: Interaction, key: str, _values: Sequence[str]) -> None:
    preset = await _preset(interaction, key)
    await use(interaction, OwnSettings).remove_preset(guild_of(interaction), interaction.user.id, preset.name)
    await show(interaction, MePage.PRESETS)


@on("preset_run")
async def run_preset(interaction: Interaction, key: str, _values: Sequence[str]) -> None:
    """Open the form for what the preset lacks, or submit it if it lacks nothing."""
    await require_unblocked(interaction)
    preset, bot = await _preset(interaction, key), interaction.client
    operation = bot.catalogue.resolve(preset.operation)
    require_preset_model(operation, preset)
    generation = Generation(operation=operation.id, values=dict(preset.values), typed=True)
    form = OperationForm(bot, generation, send=submit)
    if form.has_inputs:
        await form.open(interaction)
    else:
        await submit(interaction, replace(generation, consent=pressed(interaction)))


@on_job("preset_save")
async def save_preset(interaction: Interaction, job: Job, _values: Sequence[str]) -> None:
    """Ask for the name of a preset with a result's options."""
    operation = interaction.client.catalogue.find(job.operation)
    values = {} if operation is None else preset_values(operation, job.input)
    if operation is None or not values:
        raise InputError(PRESET_FITS(most=PRESET_NAME_CHARS))
    await PresetForm(interaction.client, operation, values, of_result=True).open(interaction)


async def _preset(interaction: Interaction, key: str) -> Preset:
    found = next((each for each in await presets_of(interaction) if key_of(each.name) == key), None)
    if found is None:
        raise InputError(GONE)
    return found


async def setup(bot: Bot) -> None:
    await bot.add_cog(Me())
