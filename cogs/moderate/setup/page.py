"""The page Setup of `/studio settings`, which `/studio setup` opens: what a server needs first.

It is drawn from the settings, so an old or second panel does no harm, and another moderator continues anywhere.
"""

from collections.abc import Callable, Sequence

import discord

from bot.account.api_keys import ApiKeys
from bot.delivery.channels.facts import EMBED_FIELD_CHARS, missing_of, to_post
from bot.domain.money.limit_rules import terms, whose
from bot.domain.server.first_contact import SetupStep
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.domain.server.setting import PAGES, SettingsPage, threshold_typed
from bot.domain.words.text import shortened
from bot.errors import NoKey
from bot.generation.generation import Generation
from bot.moderation.members import QuotaChanges
from bot.server.practice import PracticeMode
from bot.server.welcome import FirstSetup
from bot.store import GuildKeys, Limits
from cogs.moderate.practice import ACTION, ON
from cogs.moderate.setup import texts
from cogs.moderate.texts import KEY_PAGE
from cogs.ui.controls import Control, on
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction, use
from cogs.ui.panels import PAGE_ACTION, PanelEntry, PanelPage, settings_page, show_page
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.prices import pressed
from cogs.ui.texts import OPTION_IS
from cogs.workflows.asked.submit import submit

CREDITS_CHARS = 13
TEST_OPERATION = "image.generate"
LIMITS_SHOWN = 10
_CONTROLS = {
    SetupStep.KEY: ("setup_key", "panel"),
    SetupStep.TEST: ("setup_test", "panel"),
    SetupStep.LIMITS: ("setup_limits", "panel"),
    SetupStep.ROLE: (PAGE_ACTION, SettingsPage.ACCESS.value),
    SetupStep.CHANNELS: (PAGE_ACTION, SettingsPage.CHANNELS.value),
}
"""The action and subject of each step's button."""


async def setup_page(interaction: Interaction) -> PanelPage:
    """Draw each step, what the first open one is for, and where the bot lacks permissions."""
    setup, guild_id = use(interaction, FirstSetup), guild_of(interaction)
    done = await setup.done(guild_id, _exists(interaction.guild))
    first_open, entries = next((step for step in SetupStep if step not in done), None), []
    for step in SetupStep:
        lines, style = [_line(step, done)], discord.ButtonStyle.secondary
        if step is first_open:
            lines, style = [*lines, str(texts.ABOUT[step])], discord.ButtonStyle.primary
        lines += await _more(interaction, step)
        button = Control.button(*_CONTROLS[step], label=texts.BUTTONS[step], style=style)
        entries.append(PanelEntry("\n".join(lines), button))
    if use(interaction, PracticeMode).is_allowed and await use(interaction, GuildKeys).current(guild_id) is None:
        entries.append(PanelEntry(str(texts.PRACTICE_HINT), Control.button(ACTION, ON, label=texts.PRACTICE)))
    problems = "\n".join(f"⚠️ {each}" for each in _problems(interaction, await setup.channels(guild_id)))
    about = [texts.WHAT_IT_COSTS, texts.PRIVACY, texts.TAKE_A_STEP if len(done) < len(SetupStep) else texts.ALL_DONE]
    text = "\n".join([*map(str, about), shortened(problems, EMBED_FIELD_CHARS)])
    return settings_page(SettingsPage.SETUP, text, entries=entries)


async def add_setup(embed: discord.Embed, interaction: Interaction) -> None:
    """Add the list of steps, while one is open that the server needs."""
    done = await use(interaction, FirstSetup).done(guild_of(interaction), _exists(interaction.guild))
    if any(step.is_needed and step not in done for step in SetupStep):
        lines = [*(_line(step, done) for step in SetupStep), str(texts.CONTINUE_HINT)]
        embed.add_field(name=str(PAGES[SettingsPage.SETUP][0]), value="\n".join(lines), inline=False)


def _line(step: SetupStep, done: frozenset[SetupStep]) -> str:
    return f"{texts.DONE_MARK if step in done else texts.OPEN_MARK} **{texts.NAMES[step]}**"


async def _more(interaction: Interaction, step: SetupStep) -> list[str]:
    """Return a step's other lines: the limits, who pays, and where a key is found while there is none."""
    if step is SetupStep.LIMITS:
        limits = await use(interaction, Limits).all(guild_of(interaction))
        return [f"• {OPTION_IS(option=whose(each), value=terms(each))}" for each in limits[:LIMITS_SHOWN]]
    if step is SetupStep.KEY:
        if await host_pays(interaction):
            return [str(texts.HOST_PAYS)]
        if await use(interaction, GuildKeys).current(guild_of(interaction)) is None:
            return [f"[{texts.WHERE_TO_FIND}]({KEY_PAGE})"]
    return []


async def host_pays(interaction: Interaction) -> bool:
    """Whether the server needs no key, because the host's serves it."""
    try:
        return (await use(interaction, ApiKeys).for_guild(guild_of(interaction))).id is None
    except NoKey:
        return False


def _exists(guild: discord.Guild | None) -> Callable[[int], bool]:
    if guild is None:
        return lambda _id: False
    return lambda each: guild.get_channel_or_thread(each) is not None or guild.get_role(each) is not None


def _problems(interaction: Interaction, channel_ids: Sequence[int]) -> list[str]:
    """Return a sentence for each place where the bot lacks permissions: server, this channel, configured ones."""
    guild = interaction.guild
    if guild is None:
        return []
    lacks = missing_of(guild.me.guild_permissions)
    here = [each for each in missing_of(interaction.app_permissions) if each not in lacks]
    made = [texts.missing_in_server(lacks)] if lacks else []
    made += [texts.missing_here(here)] if here else []
    for channel in map(guild.get_channel_or_thread, channel_ids):
        if channel is None or channel.id == interaction.channel_id:
            continue
        needed = to_post(is_thread=isinstance(channel, discord.Thread), files=True)
        there = [each for each in missing_of(channel.permissions_for(guild.me), needed) if each not in lacks]
        made += [texts.missing_in(channel.id, there)] if there else []
    return made


@on("setup_test")
async def make_test(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    """Request an image for this moderator alone, as a command does; its price is shown and confirmed first."""
    await require_moderator(interaction)
    values = {"prompt": str(texts.TEST_PROMPT)}
    await submit(
        interaction, Generation(operation=TEST_OPERATION, values=values, private=True, consent=pressed(interaction))
    )


# ---------------------------------------------------------------------- limits


@on("setup_limits")
async def enter_limits(interaction: Interaction, _subject: str, _values: Sequence[str]) -> None:
    await require_moderator(interaction)
    await LimitsForm(interaction, await _plain_limits(interaction)).open(interaction)


async def _plain_limits(interaction: Interaction) -> dict[tuple[Scope, Period], Limit]:
    limits = await use(interaction, Limits).all(guild_of(interaction))
    return {(each.scope, each.period): each for each in limits if not each.operation and not each.channel_id}


OFFERED = {
    (Scope.EVERYONE, Period.DAY): texts.PER_MEMBER,
    (Scope.SERVER, Period.MONTH): texts.PER_SERVER,
}
"""The limits of the form, with their labels."""


class LimitsForm(Form):
    """Asks for the limits; unchanged ones are not written, so that parallel changes stay."""

    def __init__(self, interaction: Interaction, limits: dict[tuple[Scope, Period], Limit]) -> None:
        super().__init__(interaction.client, title=str(texts.LIMITS_FORM), name="setup_limits")
        self._inputs = {}
        for kind, label in OFFERED.items():
            text = f"{limits[kind].credits.normalize():f}" if kind in limits else ""
            self._inputs[kind] = self.ask_text(label, texts.LIMIT_HINT, text=text, chars=CREDITS_CHARS, required=False)

    async def answer(self, interaction: Interaction) -> None:
        """Set or remove what was typed, if the sender is still a moderator. Raises InputError for an invalid amount."""
        await require_moderator(interaction)
        changes = {
            kind: threshold_typed(item.value.strip(), str(OFFERED[kind]), "limit")
            for kind, item in self._inputs.items()
            if item.value != (item.default or "")
        }
        guild_id, by_id, quota = guild_of(interaction), interaction.user.id, use(interaction, QuotaChanges)
        now = await _plain_limits(interaction)
        for (scope, period), amount in changes.items():
            if amount is not None:
                await quota.set_limit(guild_id, Limit(scope=scope, period=period, credits=amount), by_id=by_id)
            elif (scope, period) in now:
                await quota.remove_limit(guild_id, now[scope, period].id, by_id=by_id)
        await show_page(interaction, await setup_page(interaction))
