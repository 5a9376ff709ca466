"""The page Reactions of `/studio settings`: what emojis on results do here, and which of them the bot adds."""

from collections.abc import Sequence

import discord

from bot.delivery.deadlines import in_time
from bot.domain.reaction_rules import Reaction, ReactionAction, ReactionRules, Seeding
from bot.domain.setting import SettingsPage
from bot.domain.text import shortened
from bot.errors import InputError
from bot.guild.reactions import gallery_text, rule_text
from cogs.reactions.settings import texts
from cogs.reactions.settings.rule_form import EmojiRuleForm, NewEmojiForm
from cogs.ui.controls import Control, on
from cogs.ui.interaction import Interaction
from cogs.ui.panels import OPTION_CHARS, PanelPage, number_in, part_of, settings_page, show_page, turns
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import GONE, done

SHOWN = 20
LIST_CHARS = 3600
"""Of the 4096 in an embed's description."""
ADD, CHANGE, SEEDS, FLIP, RESET, TURN = (
    "emoji_add",
    "emoji_change",
    "emoji_seeds",
    "emoji_flip",
    "emoji_reset",
    "emoji_turn",
)
ON, OFF, ASK, SURE = "on", "off", "ask", "sure"


async def reactions_page(interaction: Interaction, number: int = 0, *, asks: bool = False) -> PanelPage:
    """Draw what emojis do, with the controls that change it; `asks`: whether the standard emojis are to come back."""
    settings = await interaction.client.parts.store.reactions.get(guild_of(interaction))
    part = part_of(list(settings.rules.values()), number, SHOWN)
    lines = "\n".join(rule_text(rule) for rule in part.items)
    subject = str(part.number)
    add = Control.select(ADD, subject, placeholder=str(texts.ADD_EMOJI), options=_actions())
    controls = [add, *([_change(subject, part.items)] if part.items else []), _seeds(settings)]
    buttons = [_flip(settings), *_reset(asks=asks), *turns(TURN, part)]
    text = shortened(lines, LIST_CHARS) or str(texts.NO_EMOJIS)
    page = settings_page(SettingsPage.REACTIONS, text, [*controls, *buttons])
    page.embed.add_field(name=texts.ARE_ON, value=texts.IS_ON if settings.is_on else texts.IS_OFF)
    page.embed.add_field(name=texts.ARE_SEEDED, value=texts.SEEDINGS[settings.seeds])
    page.embed.add_field(name=texts.GALLERY, value=gallery_text(settings))
    return page


def _actions() -> list[discord.SelectOption]:
    return [
        discord.SelectOption(label=str(texts.ACTIONS[each]), value=each.value)
        for each in ReactionAction
        if each is not ReactionAction.NONE
    ]


def _change(subject: str, rules: Sequence[Reaction]) -> Control:
    options = [discord.SelectOption(label=shortened(_named(each), OPTION_CHARS), value=each.emoji) for each in rules]
    return Control.select(CHANGE, subject, placeholder=str(texts.CHANGE_EMOJI), options=options)


def _named(rule: Reaction) -> str:
    """Return an emoji and its action as plain text: Discord refuses a whole message for one emoji that was deleted."""
    emoji = discord.PartialEmoji.from_str(rule.shown)
    return f"{emoji.name if emoji.id is None else f':{emoji.name}:'} · {texts.ACTIONS[rule.action]}"


def _seeds(settings: ReactionRules) -> Control:
    options = [
        discord.SelectOption(label=str(words), value=each.value, default=each is settings.seeds)
        for each, words in texts.SEEDING_CHOICES.items()
    ]
    return Control.select(SEEDS, "panel", placeholder=str(texts.ARE_SEEDED), options=options)


def _flip(settings: ReactionRules) -> Control:
    """Return the switch. Its subject says what is to be, so that an old panel cannot undo what others did."""
    if settings.is_on:
        return Control.button(FLIP, OFF, label=str(texts.TURN_OFF))
    return Control.button(FLIP, ON, label=str(texts.TURN_ON), style=discord.ButtonStyle.success)


def _reset(*, asks: bool) -> list[Control]:
    if not asks:
        return [Control.button(RESET, ASK, label=str(texts.RESET))]
    return [
        Control.button(RESET, SURE, label=str(texts.RESET_SURE), style=discord.ButtonStyle.danger),
        Control.button(TURN, "0", label=str(texts.KEEP)),
    ]


async def _shows(interaction: Interaction, said: str) -> None:
    await show_page(interaction, await reactions_page(interaction), said)


@on(TURN)
async def turn_reactions(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show another part of the list."""
    await require_moderator(interaction)
    await show_page(interaction, await reactions_page(interaction, number_in(subject)))


@on(ADD)
async def add_emoji(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Ask which emoji is to do what was chosen."""
    await require_moderator(interaction)
    known = {each.value: each for each in ReactionAction if each is not ReactionAction.NONE}
    action = known.get(values[0] if values else "")
    if action is None:
        raise InputError(GONE)
    await in_time(interaction.response.send_modal(NewEmojiForm(interaction, action, _shows)))


@on(CHANGE)
async def change_emoji(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Ask what an emoji is to do, if anything."""
    await require_moderator(interaction)
    settings = await interaction.client.parts.store.reactions.get(guild_of(interaction))
    rule = settings.rules.get(values[0] if values else "")
    if rule is None:
        raise InputError(GONE)
    await in_time(interaction.response.send_modal(EmojiRuleForm(interaction, rule, _shows)))


@on(SEEDS)
async def set_seeds(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Set which emojis the bot puts on results."""
    await require_moderator(interaction)
    seeds = {each.value: each for each in Seeding}.get(values[0] if values else "")
    if seeds is None:
        raise InputError(GONE)
    await _switch(interaction, reactions=None, seeds=seeds)


@on(FLIP)
async def flip_reactions(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Switch all reactions on or off."""
    await require_moderator(interaction)
    await _switch(interaction, reactions=subject == ON, seeds=None)


async def _switch(interaction: Interaction, *, reactions: bool | None, seeds: Seeding | None) -> None:
    change = await interaction.client.parts.moderation.reactions.switch(
        guild_of(interaction), reactions=reactions, seeds=seeds, by_id=interaction.user.id
    )
    await _shows(interaction, done(change))


@on(RESET)
async def reset_reactions(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Restore the standard emojis, at the second press."""
    await require_moderator(interaction)
    if subject != SURE:
        await show_page(interaction, await reactions_page(interaction, asks=True), str(texts.RESET_QUESTION))
        return
    reactions, by_id = interaction.client.parts.moderation.reactions, interaction.user.id
    await _shows(interaction, done(await reactions.reset(guild_of(interaction), by_id=by_id)))
