"""The form for what one emoji does on results: added, changed, or removed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord

from bot.domain.reaction_rules import (
    DEFAULTS,
    NEEDED_MAX,
    PAID,
    Purse,
    Reaction,
    ReactionAction,
    Who,
    read_emoji,
)
from bot.errors import InputError
from bot.language import Text
from cogs.reactions.emojis import usable_emoji
from cogs.reactions.settings import texts
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import done

EMOJI_CHARS = 60
NEEDED_CHARS = 3
ALONE = frozenset({ReactionAction.GALLERY, ReactionAction.REMOVE})
"""Actions for which no number of members is set here: stars belong to the gallery, and one author is enough."""
Shows = Callable[[Interaction, str], Awaitable[None]]
"""Redraws the panel below what was done."""
Radio = discord.ui.RadioGroup[Any]
Typed = discord.ui.TextInput[Any]


class EmojiForm(Form):
    """What both forms ask: whose reactions count, how many it takes, and who pays."""

    def __init__(self, interaction: Interaction, shows: Shows) -> None:
        super().__init__(interaction.client, title=str(texts.EMOJI_FORM), name="emoji")
        self._guild = interaction.guild
        self._shows = shows
        self._role: discord.ui.RoleSelect[Any] | None = None
        self._who: Radio | None = None
        self._needed: Typed | None = None
        self._payer: Radio | None = None

    def ask(self, now: Reaction | None, *, needed: bool, payer: bool) -> None:
        """Add the inputs, filled in as it is `now`; `needed` and `payer`: whether they are asked."""
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
        """Add an input with its label."""
        about = None if hint is None else str(hint)
        self.add_item(discord.ui.Label(text=str(label), description=about, component=item))

    def rule(self, emoji: str, action: ReactionAction) -> Reaction:
        """Return the rule that the inputs describe. Raises InputError for a number that is none."""
        key, shown = read_emoji(emoji)
        role = self._role.values[0] if self._role is not None and self._role.values else None
        who = None if self._who is None else self._who.value
        return Reaction(
            emoji=key,
            shown=shown,
            action=action,
            who=Who.ROLE if role is not None else Who(who or Who.EVERYONE),
            role_id=None if role is None else role.id,
            needed=1 if self._needed is None or action in ALONE else _count(self._needed.value),
            payer=Purse((None if self._payer is None else self._payer.value) or Purse.REACTOR),
        )

    async def save_rule(self, interaction: Interaction, rule: Reaction) -> None:
        """Set the rule, and show the panel as it is then."""
        reactions, by_id = interaction.client.parts.moderation.reactions, interaction.user.id
        await self._shows(interaction, done(await reactions.set(guild_of(interaction), rule, by_id=by_id)))


class NewEmojiForm(EmojiForm):
    """Asks which emoji is to do what was chosen."""

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
    """Asks what an emoji is to do, if anything."""

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
        reactions, by_id = interaction.client.parts.moderation.reactions, interaction.user.id
        change = await reactions.remove(guild_of(interaction), self._emoji, by_id=by_id)
        await self._shows(interaction, done(change))


def _radio(words: Mapping[Any, Text], chosen: Any) -> list[discord.RadioGroupOption]:
    return [
        discord.RadioGroupOption(label=str(text), value=each.value, default=each == chosen)
        for each, text in words.items()
    ]


def _count(typed: str) -> int:
    text = typed.strip() or "1"
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= NEEDED_MAX):
        raise InputError(texts.not_a_number_of_members(NEEDED_MAX), "needed")
    return int(text)
