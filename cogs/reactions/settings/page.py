"""The page Reactions of `/studio settings`: emoji rules, and which emojis the bot adds."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import discord

from bot.delivery.channels.facts import in_time
from bot.domain.server.reaction_rules import (
    DEFAULTS,
    NEEDED_MAX,
    PAID,
    Purse,
    Reaction,
    ReactionAction,
    ReactionRules,
    Seeding,
    Who,
    read_emoji,
)
from bot.domain.server.setting import SettingsPage
from bot.domain.words.text import shortened
from bot.errors import InputError
from bot.language import Text
from bot.server.reactions import ReactionChanges, gallery_text, rule_text
from bot.store import ReactionMaps
from cogs.reactions import texts as reactions_texts
from cogs.reactions.settings import texts
from cogs.ui.controls import Control, on
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction, use
from cogs.ui.panels import OPTION_CHARS, PanelEntry, PanelPage, number_in, part_of, settings_page, show_page, turns
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import DONE, GONE

_PICKED = re.compile(r"<(?P<animated>a?):(?P<name>\w{2,32}):(?P<id>\d{15,20})>")
_TYPED = re.compile(r":(\w{2,32}):")


async def usable_emoji(guild: discord.Guild | None, typed: str) -> str:
    """Return a custom emoji as Discord writes it; other text as it is.

    Raises InputError for one that the bot cannot use: another server's, deleted, or for roles only.
    """
    text = typed.strip()
    named = _TYPED.fullmatch(text)
    if named is not None and guild is not None:
        found = discord.utils.get(guild.emojis, name=named[1]) or await _fetched_by_name(guild, named[1])
        if found is None:
            raise InputError(reactions_texts.NO_EMOJI_NAMED(name=named[1]), "emoji")
        return str(_usable(found))
    picked = _PICKED.fullmatch(text)
    if picked is None:
        return typed
    own = None if guild is None else guild.get_emoji(int(picked["id"])) or await _fetched(guild, int(picked["id"]))
    if own is None:
        raise InputError(reactions_texts.FOREIGN_EMOJI, "emoji")
    return str(_usable(own))


def _usable(emoji: discord.Emoji) -> discord.Emoji:
    if not emoji.is_usable():
        raise InputError(reactions_texts.EMOJI_NOT_USABLE, "emoji")
    return emoji


async def _fetched(guild: discord.Guild, emoji_id: int) -> discord.Emoji | None:
    """Fetch the emoji, as new ones may not be cached. None if the server has no such one."""
    try:
        return await in_time(guild.fetch_emoji(emoji_id))
    except discord.NotFound:
        return None


async def _fetched_by_name(guild: discord.Guild, name: str) -> discord.Emoji | None:
    return discord.utils.get(await in_time(guild.fetch_emojis()), name=name)


EMOJI_CHARS = 60
NEEDED_CHARS = 3
ALONE = frozenset({ReactionAction.GALLERY, ReactionAction.REMOVE})
"""Actions without a needed number: stars belong to the gallery, and one author is enough."""
Shows = Callable[[Interaction, str], Awaitable[None]]
"""Redraws the panel below a notice."""
Radio = discord.ui.RadioGroup[Any]
Typed = discord.ui.TextInput[Any]


class EmojiForm(Form):
    """The common inputs: whose reactions count, how many it takes, and who pays."""

    def __init__(self, interaction: Interaction, shows: Shows) -> None:
        super().__init__(interaction.client, title=str(texts.EMOJI_FORM), name="emoji")
        self._guild = interaction.guild
        self._shows = shows
        self._role: discord.ui.RoleSelect[Any] | None = None
        self._who: Radio | None = None
        self._needed: Typed | None = None
        self._payer: Radio | None = None

    def ask(self, now: Reaction | None, *, needed: bool, payer: bool) -> None:
        """Add the inputs, filled in from `now`; `needed` and `payer`: whether they are asked."""
        who = Who.EVERYONE if now is None or now.who is Who.ROLE else now.who
        self._who = discord.ui.RadioGroup(options=_radio(texts.MAY_REACT, who))
        self.add_labelled(texts.WHO, None, self._who)
        role = None if self._guild is None or now is None else self._guild.get_role(now.role_id or 0)
        self._role = discord.ui.RoleSelect(required=False, min_values=0, default_values=[] if role is None else [role])
        self.add_labelled(texts.ROLE, texts.ROLE_HINT, self._role)
        if needed:
            count = "1" if now is None else str(now.needed)
            self._needed = discord.ui.TextInput(required=False, max_length=NEEDED_CHARS, default=count)
            self.add_labelled(texts.NEEDED, None, self._needed)
        if payer:
            purse = Purse.REACTOR if now is None else now.payer
            self._payer = discord.ui.RadioGroup(options=_radio(texts.PAYERS, purse))
            self.add_labelled(texts.PAYER, None, self._payer)

    def add_labelled(self, label: Text, hint: Text | None, item: discord.ui.Item[Any]) -> None:
        about = None if hint is None else str(hint)
        self.add_item(discord.ui.Label(text=str(label), description=about, component=item))

    def rule(self, emoji: str, action: ReactionAction) -> Reaction:
        """Return the rule of the inputs. Raises InputError for an invalid number."""
        key, shown = read_emoji(emoji)
        role = self._role.values[0] if self._role is not None and self._role.values else None
        who = None if self._who is None else self._who.value
        return Reaction(
            emoji=key,
            shown=shown,
            action=action,
            who=Who.ROLE if role is not None else Who(who or Who.EVERYONE),
            role_id=None if role is None else role.id,
            needed=1 if self._needed is None or action in ALONE else count_typed(self._needed.value),
            payer=Purse((None if self._payer is None else self._payer.value) or Purse.REACTOR),
        )

    async def save_rule(self, interaction: Interaction, rule: Reaction) -> None:
        reactions, by_id = use(interaction, ReactionChanges), interaction.user.id
        await self._shows(interaction, DONE(change=await reactions.set(guild_of(interaction), rule, by_id=by_id)))


class NewEmojiForm(EmojiForm):
    """Asks for the emoji of the chosen action."""

    def __init__(self, interaction: Interaction, action: ReactionAction, shows: Shows) -> None:
        super().__init__(interaction, shows)
        self._action = action
        self._emoji: Typed = discord.ui.TextInput(max_length=EMOJI_CHARS)
        self.add_labelled(texts.EMOJI, texts.EMOJI_HINT, self._emoji)
        usual = next((each for each in DEFAULTS.values() if each.action is action), None)
        self.ask(usual, needed=action not in ALONE, payer=action in PAID)

    async def answer(self, interaction: Interaction) -> None:
        """Map the emoji, if the sender is still a moderator."""
        await require_moderator(interaction)
        emoji = await usable_emoji(interaction.guild, self._emoji.value)
        await self.save_rule(interaction, self.rule(emoji, self._action))


class EmojiRuleForm(EmojiForm):
    """Asks for an emoji's action, or none."""

    def __init__(self, interaction: Interaction, rule: Reaction, shows: Shows) -> None:
        super().__init__(interaction, shows)
        self._emoji = rule.shown
        self._action: discord.ui.Select[Any] = discord.ui.Select(
            options=[
                discord.SelectOption(label=str(words), value=each.value, default=each is rule.action)
                for each, words in {**texts.ACTIONS, ReactionAction.NONE: texts.REMOVE_EMOJI}.items()
            ]
        )
        self.add_labelled(texts.ACTION, None, self._action)
        self.ask(rule, needed=True, payer=True)

    async def answer(self, interaction: Interaction) -> None:
        """Change or remove the rule, if the sender is still a moderator."""
        await require_moderator(interaction)
        action = ReactionAction(self._action.values[0])
        if action is not ReactionAction.NONE:
            await self.save_rule(interaction, self.rule(self._emoji, action))
            return
        reactions, by_id = use(interaction, ReactionChanges), interaction.user.id
        change = await reactions.remove(guild_of(interaction), self._emoji, by_id=by_id)
        await self._shows(interaction, DONE(change=change))


def _radio(words: Mapping[Any, Text], chosen: Any) -> list[discord.RadioGroupOption]:
    return [
        discord.RadioGroupOption(label=str(text), value=each.value, default=each == chosen)
        for each, text in words.items()
    ]


def count_typed(typed: str, *, least: int = 1) -> int:
    """Return a number of members. Raises InputError unless it is one from `least` to NEEDED_MAX."""
    text = typed.strip() or "1"
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= NEEDED_MAX):
        raise InputError(texts.NOT_A_NUMBER_OF_MEMBERS(most=NEEDED_MAX), "needed")
    return int(text)


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
    """Draw the rules and controls; `asks`: whether to confirm the reset."""
    settings = await use(interaction, ReactionMaps).get(guild_of(interaction))
    part = part_of(list(settings.rules.values()), number, SHOWN)
    lines = "\n".join(rule_text(rule) for rule in part.items)
    subject = str(part.number)
    add = Control.select(ADD, subject, placeholder=str(texts.ADD_EMOJI), options=_actions())
    controls = [add, *([_change(subject, part.items)] if part.items else [])]
    buttons = [*_reset(asks=asks), *turns(TURN, part)]
    text = shortened(lines, LIST_CHARS) or str(texts.NO_EMOJIS)
    entries = [
        PanelEntry(f"**{texts.ARE_ON}**\n{texts.IS_ON if settings.is_on else texts.IS_OFF}", _flip(settings)),
        PanelEntry(f"**{texts.ARE_SEEDED}**", _seeds(settings)),
        PanelEntry(f"**{texts.GALLERY}**\n{gallery_text(settings)}"),
    ]
    return settings_page(SettingsPage.REACTIONS, text, [*controls, *buttons], entries=entries)


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
    """Return an emoji and its action as plain text: Discord rejects a whole message for one deleted emoji."""
    emoji = discord.PartialEmoji.from_str(rule.shown)
    return f"{emoji.name if emoji.id is None else f':{emoji.name}:'} · {texts.ACTIONS[rule.action]}"


def _seeds(settings: ReactionRules) -> Control:
    options = [
        discord.SelectOption(label=str(words), value=each.value, default=each is settings.seeds)
        for each, words in texts.SEEDING_CHOICES.items()
    ]
    return Control.select(SEEDS, "panel", placeholder=str(texts.ARE_SEEDED), options=options)


def _flip(settings: ReactionRules) -> Control:
    """Return the switch. Its subject is the target state, so that an old panel cannot undo others' changes."""
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
    await require_moderator(interaction)
    known = {each.value: each for each in ReactionAction if each is not ReactionAction.NONE}
    action = known.get(values[0] if values else "")
    if action is None:
        raise InputError(GONE)
    await in_time(interaction.response.send_modal(NewEmojiForm(interaction, action, _shows)))


@on(CHANGE)
async def change_emoji(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    settings = await use(interaction, ReactionMaps).get(guild_of(interaction))
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
    await require_moderator(interaction)
    await _switch(interaction, reactions=subject == ON, seeds=None)


async def _switch(interaction: Interaction, *, reactions: bool | None, seeds: Seeding | None) -> None:
    change = await use(interaction, ReactionChanges).switch(
        guild_of(interaction), reactions=reactions, seeds=seeds, by_id=interaction.user.id
    )
    await _shows(interaction, DONE(change=change))


@on(RESET)
async def reset_reactions(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Restore the standard emojis, at the second press."""
    await require_moderator(interaction)
    if subject != SURE:
        await show_page(interaction, await reactions_page(interaction, asks=True), str(texts.RESET_QUESTION))
        return
    reactions, by_id = use(interaction, ReactionChanges), interaction.user.id
    await _shows(interaction, DONE(change=await reactions.reset(guild_of(interaction), by_id=by_id)))
