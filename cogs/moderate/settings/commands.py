"""`/studio settings`: what the controls of its panel do. Who presses is checked each time, forms included."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import discord

from bot.app.client import CannonBot
from bot.domain.guild_rules import Payer, Rules
from bot.errors import InputError
from bot.store import Change, Record
from cogs.moderate.operations import operations
from cogs.moderate.settings.forms import ApprovalForm, LimitsForm, ModelForm, SettingsForm, WordsForm, ZoneForm
from cogs.moderate.settings.labels import about, sentence
from cogs.moderate.settings.panel import PAGE_OF, Known, SettingsPage, panel
from cogs.ui.controls import GONE, on
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, lacking, require_moderator

EVERYONE = "The role @everyone would make every member a moderator: choose another one, or none."
FLIPS = frozenset({"unchecked_only_in_age_restricted", "approve_own", "ping", "estimate_tool"})
CHANNEL_SETS = frozenset({"allowed_channels", "forbidden_channels"})
CHANNELS = frozenset({"approval_channel", "log_channel"})

NewRules = Callable[[Rules], Rules]


async def open_settings(interaction: Interaction) -> None:
    """Answer with the panel."""
    await require_moderator(interaction)
    embed, view = await draw(interaction, SettingsPage.ACCESS)
    await interaction.response.send_message(embed=embed, view=view, ephemeral=True)


async def draw(interaction: Interaction, page: SettingsPage) -> tuple[discord.Embed, discord.ui.View]:
    """Draw a page as the settings are now."""
    guild_id, bot = guild_of(interaction), interaction.client
    return panel(page, await bot.parts.store.settings.get(guild_id), _known(bot, guild_id, interaction.guild))


def _known(bot: CannonBot, guild_id: int, guild: discord.Guild | None) -> Known:
    places = [] if guild is None else [*guild.channels, *guild.threads]
    return Known(
        catalogue=bot.catalogue,
        switched_off=len(bot.parts.switches.off(guild_id)),
        channel_ids=frozenset(each.id for each in places),
        role_ids=frozenset() if guild is None else frozenset(role.id for role in guild.roles),
        now=bot.clock.wall(),
    )


async def change(interaction: Interaction, page: SettingsPage, new: NewRules) -> None:
    """Change the settings, write the decision down, and show the panel as it is now.

    Discord is answered first: what follows may take longer than it waits.
    """
    await require_moderator(interaction)
    guild_id, bot = guild_of(interaction), interaction.client
    await interaction.response.defer()

    def record(rules: Change[Rules]) -> Record | None:
        text = sentence(rules.before, rules.after)
        if not text:
            return None
        return Record(kind="settings", text=text, by_id=interaction.user.id, about=about(rules.before, rules.after))

    done = await bot.parts.store.settings.change(guild_id, new, record=record)
    if done.before != done.after:
        bot.parts.worker.wake()  # more may run now
    embed, view = await draw(interaction, page)
    await interaction.edit_original_response(embed=embed, view=view)


@on("set_page")
async def turn_page(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Show another page."""
    await require_moderator(interaction)
    embed, view = await draw(interaction, _page(values))
    await interaction.response.edit_message(embed=embed, view=view)


def _page(values: Sequence[str]) -> SettingsPage:
    try:
        return SettingsPage(values[0])
    except (IndexError, ValueError):
        raise InputError(GONE) from None


@on("set_role")
async def set_role(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Set the moderator role."""
    if subject != "moderator_role":
        raise InputError(GONE)
    role_id = int(values[0]) if values else None
    if role_id == interaction.guild_id:  # the role @everyone has the server's id
        raise InputError(EVERYONE)
    await change(interaction, SettingsPage.ACCESS, lambda rules: replace(rules, moderator_role=role_id))


@on("set_channels")
async def set_channels(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Set one channel or a set of them."""
    ids = frozenset(int(each) for each in values)
    if subject in CHANNEL_SETS:
        await change(interaction, SettingsPage.ACCESS, lambda rules: _with(rules, subject, ids))
    elif subject in CHANNELS:
        await require_moderator(interaction)
        chosen = next(iter(ids), None)
        if chosen is not None:
            _may_post_in(interaction, chosen)
        await change(interaction, SettingsPage.APPROVAL, lambda rules: _with(rules, subject, chosen))
    else:
        raise InputError(GONE)


def _with(rules: Rules, name: str, new: Any) -> Rules:
    return replace(rules, **{name: new})


def _may_post_in(interaction: Interaction, channel_id: int) -> None:
    """Raise InputError for a channel in which nothing of ours would be read."""
    guild = interaction.guild
    channel = None if guild is None else guild.get_channel_or_thread(channel_id)
    if guild is None or channel is None:
        raise InputError("I do not see this channel; give me View Channel there first.")
    missing = lacking(channel.permissions_for(guild.me), is_thread=isinstance(channel, discord.Thread), files=False)
    if missing:
        raise InputError(f"I could not post in <#{channel_id}>: give me {' and '.join(missing)} there first.")


@on("set_flip")
async def flip(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Switch something on or off."""
    if subject not in FLIPS:
        raise InputError(GONE)
    await change(interaction, PAGE_OF[subject], lambda rules: _with(rules, subject, not getattr(rules, subject)))


@on("set_payer")
async def set_payer(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Set who pays for a re-run."""
    try:
        payer = Payer(values[0])
    except (IndexError, ValueError):
        raise InputError(GONE) from None
    await change(interaction, SettingsPage.RESULTS, lambda rules: replace(rules, rerun_payer=payer))


@on("set_operations")
async def show_operations(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Show which operations are on."""
    await operations(interaction, None, None, everywhere=False)


FORMS: dict[str, type[SettingsForm]] = {
    "limits": LimitsForm,
    "approval": ApprovalForm,
    "timezone": ZoneForm,
    "words": WordsForm,
}


@on("set_form")
async def open_form(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Open a form, filled in with the present values."""
    await require_moderator(interaction)
    form = FORMS.get(subject)
    if form is None:
        raise InputError(GONE)
    bot = interaction.client
    rules = await bot.parts.store.settings.get(guild_of(interaction))
    await interaction.response.send_modal(form(bot, rules, change))


@on("set_model")
async def open_model_form(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Open the form for an operation's default model."""
    await require_moderator(interaction)
    if not values:
        raise InputError(GONE)
    bot = interaction.client
    operation = bot.catalogue.resolve(values[0])
    rules = await bot.parts.store.settings.get(guild_of(interaction))
    await interaction.response.send_modal(ModelForm(bot, rules, change, operation))


async def setup(_bot: CannonBot) -> None:
    """Do nothing more: the actions are registered as this is read."""
