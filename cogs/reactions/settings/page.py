"""The page Reactions of `/studio settings`: which emojis act, and which of them the bot adds."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.domain.server.reaction_rules import REACTIONS, ReactionAction, ReactionRules, Seeding
from bot.domain.server.setting import SettingsPage
from bot.errors import InputError
from bot.server.reactions import ReactionChanges, gallery_text
from bot.store import ReactionMaps
from cogs.reactions.settings import texts
from cogs.ui.controls import Control, on
from cogs.ui.interaction import Interaction, use
from cogs.ui.panels import PanelEntry, PanelPage, settings_page, show_page
from cogs.ui.permissions import guild_of, require_moderator
from cogs.ui.texts import DONE, GONE, LEGEND_ACTIONS

ACTING, SEEDS = "emoji_acting", "emoji_seeds"


async def reactions_page(interaction: Interaction) -> PanelPage:
    settings = await use(interaction, ReactionMaps).get(guild_of(interaction))
    entries = [
        PanelEntry(f"**{texts.ARE_SEEDED}**", _seeds(settings)),
        PanelEntry(f"**{texts.GALLERY}**\n{gallery_text(settings)}"),
    ]
    lines = [f"{each.shown} {LEGEND_ACTIONS[each.action]}" for each in settings.acting()]
    return settings_page(
        SettingsPage.REACTIONS, "\n".join(lines) or str(texts.IS_OFF), [_acting(settings)], entries=entries
    )


def _acting(settings: ReactionRules) -> Control:
    options = [
        discord.SelectOption(
            label=f"{each.shown} {LEGEND_ACTIONS[each.action]}",
            value=each.action.value,
            default=each.action not in settings.off,
        )
        for each in REACTIONS.values()
    ]
    return Control.select(ACTING, "panel", placeholder=str(texts.CHOOSE_ACTING), options=options, several=True)


def _seeds(settings: ReactionRules) -> Control:
    options = [
        discord.SelectOption(label=str(words), value=each.value, default=each is settings.seeds)
        for each, words in texts.SEEDING_CHOICES.items()
    ]
    return Control.select(SEEDS, "panel", placeholder=str(texts.ARE_SEEDED), options=options)


@on(ACTING)
async def choose_acting(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Let the chosen emojis act, and no others."""
    await require_moderator(interaction)
    known = {each.value: each for each in ReactionAction}
    if not set(values) <= set(known):
        raise InputError(GONE)
    said = await use(interaction, ReactionChanges).choose(
        guild_of(interaction), [known[each] for each in values], by_id=interaction.user.id
    )
    await show_page(interaction, await reactions_page(interaction), DONE(change=said))


@on(SEEDS)
async def set_seeds(interaction: Interaction, _subject: str, values: Sequence[str]) -> None:
    """Set which emojis the bot puts on results."""
    await require_moderator(interaction)
    seeds = {each.value: each for each in Seeding}.get(values[0] if values else "")
    if seeds is None:
        raise InputError(GONE)
    said = await use(interaction, ReactionChanges).seed(guild_of(interaction), seeds, by_id=interaction.user.id)
    await show_page(interaction, await reactions_page(interaction), DONE(change=said))
