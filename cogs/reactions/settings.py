"""`/studio reactions` and `/studio gallery`: what emojis on results do here, and where starred results go."""

from typing import Any, Literal

import discord
from discord import app_commands

from bot.delivery.colours import NEUTRAL
from bot.delivery.deadlines import in_time
from bot.domain.reaction_rules import (
    DEFAULTS,
    NEEDED_MAX,
    Purse,
    Reaction,
    ReactionAction,
    ReactionRules,
    Seeding,
    Who,
    read_emoji,
)
from bot.domain.text import shortened
from bot.domain.texts import on_off
from bot.errors import InputError
from bot.guild.reactions import gallery_text, rule_text
from cogs.reactions import texts
from cogs.reactions.emojis import mapped_emoji, usable_emoji
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, missing_permissions, moderators_only, require_moderator
from cogs.ui.texts import NONE_LISTED

EMOJI_CHARS = 60
LIST_CHARS = 4000
ACTION_NAMES = Literal["rerun", "vary", "animate", "upscale", "subtitles", "send", "gallery", "remove"]
WHO_NAMES = Literal["everyone", "author", "moderators", "role"]


def overview(settings: ReactionRules) -> discord.Embed:
    """Draw the reaction settings."""
    lines = [rule_text(rule) for rule in settings.rules.values()]
    embed = discord.Embed(
        title=texts.OVERVIEW, description=shortened("\n".join(lines), LIST_CHARS) or NONE_LISTED, colour=NEUTRAL
    )
    embed.add_field(name=texts.ARE_ON, value=on_off(settings.is_on))
    embed.add_field(name=texts.ARE_SEEDED, value=texts.SEEDINGS[settings.seeds])
    embed.add_field(name=texts.GALLERY, value=gallery_text(settings))
    return embed


class ReactionSettings(app_commands.Group, name="reactions", description=texts.REACTIONS_GROUP):
    """The map from emoji to action."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Accept moderators only: a group inside another is checked on its own."""
        return await moderators_only(interaction)

    @app_commands.command(name="list", description=texts.REACTIONS_LIST)
    async def show(self, interaction: Interaction) -> None:
        """Show the map."""
        await require_moderator(interaction)
        settings = await interaction.client.parts.store.reactions.get(guild_of(interaction))
        await in_time(interaction.response.send_message(embed=overview(settings), ephemeral=True))

    @app_commands.command(name="set", description=texts.REACTIONS_SET)
    @app_commands.describe(
        emoji=texts.EMOJI_OPTION,
        action=texts.ACTION_OPTION,
        who=texts.WHO_OPTION,
        role=texts.ROLE_OPTION,
        needed=texts.NEEDED_OPTION,
        payer=texts.PAYER_OPTION,
    )
    async def put(
        self,
        interaction: Interaction,
        emoji: app_commands.Range[str, 1, EMOJI_CHARS],
        action: ACTION_NAMES,
        who: WHO_NAMES | None = None,
        role: discord.Role | None = None,
        needed: app_commands.Range[int, 1, NEEDED_MAX] | None = None,
        payer: Literal["reactor", "author"] | None = None,
    ) -> None:
        """Map an emoji."""
        await require_moderator(interaction)
        typed = await usable_emoji(interaction.guild, emoji)
        rule = rule_of(typed, ReactionAction(action), who, role, needed, payer)
        reactions, by_id = interaction.client.parts.moderation.reactions, interaction.user.id
        await _done(interaction, await reactions.set(guild_of(interaction), rule, by_id=by_id))

    @app_commands.command(name="remove", description=texts.REACTIONS_REMOVE)
    @app_commands.describe(emoji=texts.EMOJI_OPTION)
    async def remove(self, interaction: Interaction, emoji: app_commands.Range[str, 1, EMOJI_CHARS]) -> None:
        """Unmap an emoji."""
        await require_moderator(interaction)
        reactions, by_id = interaction.client.parts.moderation.reactions, interaction.user.id
        settings = await interaction.client.parts.store.reactions.get(guild_of(interaction))
        typed = mapped_emoji(settings.rules.values(), emoji)
        await _done(interaction, await reactions.remove(guild_of(interaction), typed, by_id=by_id))

    @app_commands.command(name="reset", description=texts.REACTIONS_RESET)
    async def reset(self, interaction: Interaction) -> None:
        """Reset the map to the defaults."""
        await require_moderator(interaction)
        reactions, by_id = interaction.client.parts.moderation.reactions, interaction.user.id
        await _done(interaction, await reactions.reset(guild_of(interaction), by_id=by_id))

    @app_commands.command(name="switch", description=texts.REACTIONS_SWITCH)
    @app_commands.describe(reactions=texts.SWITCH_OPTION, seeds=texts.SEEDS_OPTION)
    async def switch(
        self,
        interaction: Interaction,
        reactions: Literal["on", "off"] | None = None,
        seeds: Literal["on", "few", "off"] | None = None,
    ) -> None:
        """Switch reactions, or seeding."""
        await require_moderator(interaction)
        text = await interaction.client.parts.moderation.reactions.switch(
            guild_of(interaction),
            reactions=None if reactions is None else reactions == "on",
            seeds=None if seeds is None else Seeding(seeds),
            by_id=interaction.user.id,
        )
        await _done(interaction, text)


def rule_of(
    emoji: str,
    action: ReactionAction,
    who: str | None,
    role: discord.Role | None,
    needed: int | None,
    payer: str | None,
) -> Reaction:
    """Return the rule that the options describe. Raises InputError for options that contradict each other."""
    key, shown = read_emoji(emoji)
    if role is not None and who not in {None, "role"}:
        raise InputError(texts.ROLE_WITH_OTHER_WHO, "who")
    if who == "role" and role is None:
        raise InputError(texts.ROLE_NOT_GIVEN, "role")
    if action is ReactionAction.GALLERY and needed is not None:
        raise InputError(texts.STARS_SET_ELSEWHERE, "needed")
    if action is ReactionAction.REMOVE and needed is not None and needed > 1:
        raise InputError(texts.REMOVED_BY_ONE, "needed")
    default = next((each for each in DEFAULTS.values() if each.action is action), None)
    wanted = Who.ROLE if role is not None else Who(who) if who is not None else default.who if default else Who.EVERYONE
    return Reaction(
        emoji=key,
        shown=shown,
        action=action,
        who=wanted,
        role_id=None if role is None else role.id,
        needed=needed or 1,
        payer=Purse(payer or Purse.REACTOR),
    )


async def set_gallery(
    interaction: Interaction, channel: discord.TextChannel | None, stars: int | None, switch: str | None
) -> None:
    """Show where the gallery is, move it, or switch it off."""
    await require_moderator(interaction)
    if channel is None and stars is None and switch is None:
        now = await interaction.client.parts.store.reactions.get(guild_of(interaction))
        await in_time(interaction.response.send_message(texts.gallery_now(gallery_text(now)), ephemeral=True))
        return
    if channel is not None and interaction.guild is not None:
        missing = missing_permissions(channel.permissions_for(interaction.guild.me), is_thread=False)
        if missing:
            raise InputError(texts.cannot_post_in(channel.mention, missing), "channel")
    text = await interaction.client.parts.moderation.reactions.set_gallery(
        guild_of(interaction),
        channel_id=None if channel is None else channel.id,
        stars=stars,
        off=switch == "off",
        by_id=interaction.user.id,
    )
    await _done(interaction, text)


async def _done(interaction: Interaction, text: str) -> None:
    await in_time(interaction.response.send_message(texts.done(text), ephemeral=True))
