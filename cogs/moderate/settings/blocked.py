"""The page Blocked members of `/studio settings`."""

from collections.abc import Sequence
from typing import Any

import discord

from bot.delivery.card.context import NEUTRAL
from bot.delivery.channels.facts import in_time
from bot.domain.server.guild_rules import Block
from bot.domain.server.setting import SettingsPage
from bot.domain.texts import OTHER_MEMBER
from bot.domain.words.text import shortened, stamp
from bot.errors import InputError
from bot.moderation.members import AccessChanges
from bot.store import Blocks
from cogs.moderate.settings import texts
from cogs.ui.choices import SPAN_CHARS, seconds_of
from cogs.ui.controls import Control, on, view_of
from cogs.ui.forms import Form
from cogs.ui.interaction import Interaction, use
from cogs.ui.panels import OPTION_CHARS, PanelPage, Part, number_in, part_of, settings_page, show_page
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import DONE, GONE

SHOWN = 10
"""A block has up to 400 characters in the 4096 of an embed's description."""
LINE_CHARS = 390
REASON_CHARS = 200
BLOCK, UNBLOCK = "block_member", "unblock_member"
UNBLOCK_ONE = "unblock_one"


async def blocked_page(interaction: Interaction, number: int = 0) -> PanelPage:
    blocks = await use(interaction, Blocks).all(guild_of(interaction))
    part = part_of(list(blocks), number, SHOWN)
    lines = [_line(each) for each in part.items] or [str(texts.NO_BLOCKED_MEMBERS)]
    controls = [Control.member(BLOCK, str(part.number), placeholder=str(texts.BLOCK_MEMBER))]
    if part.items:
        controls.append(_unblock_select(part, interaction.guild))
    return settings_page(SettingsPage.BLOCKED, "\n".join(lines), controls, part=part)


def _line(block: Block) -> str:
    until = None if block.until is None else stamp(block.until, "f")
    return texts.block_line(
        block.member_id, until, shortened(block.reason, LINE_CHARS // 2), block.by_id, stamp(block.at, "d")
    )


def _unblock_select(part: Part[Block], guild: discord.Guild | None) -> Control:
    options = []
    for each in part.items:
        member = None if guild is None else guild.get_member(each.member_id)
        name = str(each.member_id) if member is None else member.display_name
        about = shortened(each.reason, OPTION_CHARS) or None
        options.append(discord.SelectOption(label=name, value=str(each.member_id), description=about))
    return Control.select(UNBLOCK, str(part.number), placeholder=str(texts.UNBLOCK_MEMBER), options=options)


@on(BLOCK)
async def ask_block(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    number = number_in(subject)
    if not values:
        raise InputError(GONE)
    await _open_form(interaction, int(values[0]), is_bot=_is_bot(interaction, values[0]), number=number)


async def _open_form(interaction: Interaction, member_id: int, *, is_bot: bool, number: int | None) -> None:
    if is_bot or member_id == interaction.user.id:
        raise InputError(OTHER_MEMBER)
    await BlockForm(interaction, member_id, number).open(interaction)


async def block_or_unblock(interaction: Interaction, member: discord.Member | discord.User) -> None:
    """Open the form that blocks a member; show one who is blocked with a button that unblocks them."""
    await require_moderator(interaction)
    block = await use(interaction, Blocks).active(guild_of(interaction), member.id)
    if block is None:
        await _open_form(interaction, member.id, is_bot=member.bot, number=None)
        return
    embed = discord.Embed(title=str(texts.MEMBER_BLOCKED), description=_line(block), colour=NEUTRAL)
    button = Control.button(UNBLOCK_ONE, str(member.id), label=texts.UNBLOCK, style=discord.ButtonStyle.primary)
    await in_time(interaction.response.send_message(embed=embed, view=view_of([button]), ephemeral=True))


def _is_bot(interaction: Interaction, member_id: str) -> bool:
    data: Any = interaction.data or {}
    return bool(data.get("resolved", {}).get("users", {}).get(member_id, {}).get("bot"))


class BlockForm(Form):
    """Takes the duration and reason of a block."""

    def __init__(self, interaction: Interaction, member_id: int, number: int | None) -> None:
        """`number`: the part of the page that is shown again; None if no page is open."""
        super().__init__(interaction.client, title=str(texts.BLOCK_FORM), name="block")
        self._member_id = member_id
        self._number = number
        self.add_item(discord.ui.TextDisplay(f"<@{member_id}>"))
        options = [
            discord.RadioGroupOption(label=str(words), value=span or "-", default=not span)
            for span, words in texts.BLOCK_LIVES.items()
        ]
        self._life = self.ask(texts.BLOCK_LIFE, discord.ui.RadioGroup[Any](options=options))
        other, reason = texts.BLOCK_OTHER_LIFE, texts.BLOCK_REASON
        self._other = self.ask_text(other, texts.BLOCK_OTHER_LIFE_HINT, chars=SPAN_CHARS, required=False)
        self._reason = self.ask_text(reason, texts.BLOCK_REASON_HINT, chars=REASON_CHARS, required=False)

    async def answer(self, interaction: Interaction) -> None:
        """Block the member, if the sender is still a moderator."""
        await require_moderator(interaction)
        bot, typed = interaction.client, self._other.value.strip()
        span = typed or (self._life.value or "-").removeprefix("-")
        until = bot.clock.wall() + seconds_of(span, str(texts.BLOCK_OTHER_LIFE)) if span else None
        change = await use(bot, AccessChanges).block(
            guild_of(interaction), self._member_id, until=until, why=self._reason.value, by_id=interaction.user.id
        )
        if self._number is None:
            await in_time(interaction.response.send_message(DONE(change=change), ephemeral=True))
        else:
            await show_page(interaction, await blocked_page(interaction, self._number), DONE(change=change))


@on(UNBLOCK)
async def unblock(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    await require_moderator(interaction)
    number = number_in(subject)
    change = await _unblock(interaction, next(iter(values), ""))
    await show_page(interaction, await blocked_page(interaction, number), DONE(change=change))


@on(UNBLOCK_ONE)
async def unblock_one(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Unblock a member who was shown alone."""
    await require_moderator(interaction)
    change = await _unblock(interaction, subject)
    await in_time(interaction.response.edit_message(content=DONE(change=change), embed=None, view=None))


async def _unblock(interaction: Interaction, member_id: str) -> str:
    if not member_id.isdecimal():
        raise InputError(GONE)
    access = use(interaction, AccessChanges)
    return await access.unblock(guild_of(interaction), int(member_id), by_id=interaction.user.id)
