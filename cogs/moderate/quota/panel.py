"""All limits of a server as a panel: a list, and a select that removes one at the second press."""

from collections.abc import Sequence

import discord

from bot.delivery.colours import NEUTRAL
from bot.domain.guild_rules import Limit, Scope
from bot.domain.limit_words import terms, whose
from bot.domain.text import stamp
from bot.errors import InputError
from cogs.moderate.quota import texts
from cogs.ui.controls import Control, on
from cogs.ui.interaction import Interaction
from cogs.ui.limit_text import label
from cogs.ui.panels import PanelPage, number_in, part_of, show_page, turns
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import GONE, done

SHOWN = 15
"""A line has up to about 240 characters, an embed's description 4096."""
CHOOSE, REMOVE, TURN = "limit_choose", "limit_remove", "limit_turn"
ID_DIGITS = 18
"""A snowflake has 19 digits; what SQLite cannot hold is no id either."""
_HEADINGS = {
    Scope.SERVER: texts.SERVER_LIMITS,
    Scope.EVERYONE: texts.EVERYONE_LIMITS,
    Scope.ROLE: texts.ROLE_LIMITS,
    Scope.MEMBER: texts.MEMBER_LIMITS,
}


async def limits_page(interaction: Interaction, number: int = 0) -> PanelPage:
    """Draw a part of the limits, by whom they are for."""
    limits = await _limits(interaction)
    part = part_of(limits, number, SHOWN)
    text = f"{texts.ABOUT}\n{_listed(part.items)}" if limits else str(texts.NO_LIMITS)
    embed = discord.Embed(title=texts.LIMITS_TITLE, description=text, colour=NEUTRAL)
    options = [discord.SelectOption(label=label(each, interaction.guild), value=str(each.id)) for each in part.items]
    select = Control.select(CHOOSE, str(part.number), placeholder=str(texts.REMOVE_LIMIT), options=options)
    return PanelPage(embed=embed, controls=[*([select] if options else []), *turns(TURN, part)])


async def _limits(interaction: Interaction) -> list[Limit]:
    found = await interaction.client.parts.store.limits.all(guild_of(interaction))
    return [each for scope in Scope for each in found if each.scope is scope]


def _listed(limits: Sequence[Limit]) -> str:
    lines: list[str] = []
    heading = None
    for each in limits:
        if each.scope is not heading:
            heading = each.scope
            lines.append(f"\n**{_HEADINGS[heading]}**")
        named = each.scope in {Scope.ROLE, Scope.MEMBER}
        lines.append(
            texts.limit_line(whose(each) if named else None, terms(each), each.set_by, stamp(each.set_at, "d"))
        )
    return "\n".join(lines)


@on(TURN)
async def turn_limits(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Show a part of the limits."""
    await require_moderator(interaction)
    await show_page(interaction, await limits_page(interaction, number_in(subject)))


@on(CHOOSE)
async def choose_limit(interaction: Interaction, subject: str, values: Sequence[str]) -> None:
    """Ask whether the chosen limit is to be removed."""
    await require_moderator(interaction)
    number, limit_id = number_in(subject), _id(values[0] if values else "")
    limit = next((each for each in await _limits(interaction) if each.id == limit_id), None)
    if limit is None:
        raise InputError(GONE)
    page = await limits_page(interaction, number)
    controls = [
        Control.button(REMOVE, str(limit.id), label=str(texts.REMOVE), style=discord.ButtonStyle.danger),
        Control.button(TURN, str(number), label=str(texts.KEEP)),
    ]
    asked = texts.remove_question(label(limit, interaction.guild))
    await show_page(interaction, PanelPage(embed=page.embed, controls=controls), asked)


@on(REMOVE)
async def remove_limit(interaction: Interaction, subject: str, _values: Sequence[str]) -> None:
    """Remove a limit."""
    await require_moderator(interaction)
    quota = interaction.client.parts.moderation.quota
    change = await quota.remove_limit(guild_of(interaction), _id(subject), by_id=interaction.user.id)
    await show_page(interaction, await limits_page(interaction), done(change))


def _id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS):
        raise InputError(GONE)
    return int(text)
