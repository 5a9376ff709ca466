"""`/studio reactions` and `/studio gallery`: what emojis on results do here, and where starred ones go."""

from collections.abc import Mapping
from typing import Any, Literal

import discord
from discord import app_commands

from bot.delivery.colours import NEUTRAL
from bot.domain.reaction_rules import (
    DEFAULTS,
    NEEDED_MAX,
    PAID,
    RULES_MAX,
    Purse,
    Reaction,
    ReactionAction,
    ReactionRules,
    Who,
    read_emoji,
)
from bot.domain.text import on_off, shortened
from bot.errors import InputError
from cogs.ui.audit import record
from cogs.ui.interaction import Interaction
from cogs.ui.permissions import guild_of, lacking, moderators_only, require_moderator

EMOJI_CHARS = 60
LIST_CHARS = 4000
WORDS: Mapping[ReactionAction, str] = {
    ReactionAction.RERUN: "make it again",
    ReactionAction.VARY: "make a variant",
    ReactionAction.ANIMATE: "animate",
    ReactionAction.UPSCALE: "upscale",
    ReactionAction.SUBTITLES: "add subtitles",
    ReactionAction.SEND: "send to who reacts",
    ReactionAction.GALLERY: "star for the gallery",
    ReactionAction.REMOVE: "take down",
    ReactionAction.NONE: "nothing",
}
PURSES = {Purse.REACTOR: "who reacts pays", Purse.AUTHOR: "the author pays"}
ACTION_NAMES = Literal["rerun", "vary", "animate", "upscale", "subtitles", "send", "gallery", "remove"]
WHO_NAMES = Literal["everyone", "author", "moderators", "role"]


def line(rule: Reaction) -> str:
    """Write a rule as one line."""
    parts = [WORDS[rule.action], f"<@&{rule.role_id}>" if rule.who is Who.ROLE else rule.who.value]
    if rule.needed > 1:
        parts.append(f"{rule.needed} members")
    if rule.action in PAID:
        parts.append(PURSES[rule.payer])
    return f"{rule.shown} {' · '.join(parts)}"


def overview(settings: ReactionRules) -> discord.Embed:
    """Draw what reactions do."""
    lines = [line(rule) for rule in settings.rules.values()]
    embed = discord.Embed(
        title="Reactions on results", description=shortened("\n".join(lines), LIST_CHARS) or "None.", colour=NEUTRAL
    )
    embed.add_field(name="They do something", value=on_off(settings.is_on))
    embed.add_field(name="I put them on results", value=on_off(settings.seeds))
    embed.add_field(name="Gallery", value=gallery_text(settings))
    return embed


def gallery_text(settings: ReactionRules) -> str:
    """Say where the gallery is."""
    if settings.gallery_channel is None:
        return "off"
    return f"<#{settings.gallery_channel}>, from {settings.gallery_stars} ⭐ on"


class ReactionSettings(app_commands.Group, name="reactions", description="What emojis on results do here"):
    """The map from emoji to action."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let moderators through only: a group inside another is checked on its own."""
        return await moderators_only(interaction)

    @app_commands.command(name="list", description="Show what each emoji does here")
    async def show(self, interaction: Interaction) -> None:
        """Show the map."""
        await require_moderator(interaction)
        settings = await interaction.client.parts.store.reactions.get(guild_of(interaction))
        await interaction.response.send_message(embed=overview(settings), ephemeral=True)

    @app_commands.command(name="set", description="Let an emoji do something on results")
    @app_commands.describe(
        emoji="A usual one, or one of this server",
        action="What it does",
        who="Whose reaction counts; moderators' does as the author's",
        role="Only this role's reactions count",
        needed="How many members have to react; 1, if left out",
        payer="Whose credits are spent; those of who reacts, if left out",
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
        guild_id, store = guild_of(interaction), interaction.client.parts.store
        rule = rule_of(emoji, ReactionAction(action), who, role, needed, payer)
        changes = await store.reactions.changes(guild_id)
        if rule.emoji not in changes and len(changes) >= RULES_MAX:
            raise InputError(f"A server may map {RULES_MAX} emojis of its own; remove one first.", "emoji")
        await store.reactions.set(guild_id, rule)
        await _done(interaction, f"set the reaction {line(rule)}.", {"emoji": rule.emoji, "action": rule.action})

    @app_commands.command(name="remove", description="Let an emoji do nothing here")
    @app_commands.describe(emoji="A usual one, or one of this server")
    async def remove(self, interaction: Interaction, emoji: app_commands.Range[str, 1, EMOJI_CHARS]) -> None:
        """Let an emoji do nothing."""
        await require_moderator(interaction)
        key, shown = read_emoji(emoji)
        rule = await interaction.client.parts.store.reactions.remove(guild_of(interaction), key)
        if rule is None:
            raise InputError(f"{shown} does nothing here.", "emoji")
        await _done(interaction, f"removed the reaction {line(rule)}.", {"emoji": key, "action": None})

    @app_commands.command(name="reset", description="Let emojis do what they do from the start")
    async def reset(self, interaction: Interaction) -> None:
        """Forget the server's own map."""
        await require_moderator(interaction)
        count = await interaction.client.parts.store.reactions.reset(guild_of(interaction))
        await _done(interaction, f"reset the reactions ({count} changed).", {"reset": count})

    @app_commands.command(name="switch", description="Let reactions do something or not; let me put them on results")
    @app_commands.describe(
        reactions="Whether they do anything here", seeds="Whether I put the emojis on results, to be clicked"
    )
    async def switch(
        self,
        interaction: Interaction,
        reactions: Literal["on", "off"] | None = None,
        seeds: Literal["on", "off"] | None = None,
    ) -> None:
        """Switch reactions, or seeding."""
        await require_moderator(interaction)
        if reactions is None and seeds is None:
            raise InputError("Say what to switch: `reactions`, `seeds` or both.")
        await interaction.client.parts.store.reactions.change_settings(
            guild_of(interaction),
            is_on=None if reactions is None else reactions == "on",
            seeds=None if seeds is None else seeds == "on",
        )
        said = [f"{name} {value}" for name, value in (("reactions", reactions), ("seeding", seeds)) if value]
        await _done(interaction, f"switched {' and '.join(said)}.", {"reactions": reactions, "seeds": seeds})


def rule_of(
    emoji: str,
    action: ReactionAction,
    who: str | None,
    role: discord.Role | None,
    needed: int | None,
    payer: str | None,
) -> Reaction:
    """Return the rule that a command gives. Raises InputError for what does not go together."""
    key, shown = read_emoji(emoji)
    if role is not None and who not in {None, "role"}:
        raise InputError("With a role, leave `who` out or say role.", "who")
    if who == "role" and role is None:
        raise InputError("Name the role too.", "role")
    if action is ReactionAction.GALLERY and needed is not None:
        raise InputError("How many stars the gallery takes is set with `/studio gallery`.", "needed")
    if action is ReactionAction.REMOVE and needed is not None and needed > 1:
        raise InputError("Only the author or a moderator takes a result down, each alone.", "needed")
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
    guild_id, store = guild_of(interaction), interaction.client.parts.store
    now = await store.reactions.get(guild_id)
    if channel is None and stars is None and switch is None:
        await interaction.response.send_message(f"Gallery: {gallery_text(now)}.", ephemeral=True)
        return
    place = now.gallery_channel if channel is None else channel.id
    if switch == "off":
        place = None
    elif place is None:
        raise InputError("Name the gallery's channel.", "channel")
    if channel is not None and interaction.guild is not None:
        missing = lacking(channel.permissions_for(interaction.guild.me), is_thread=False)
        if missing:
            raise InputError(
                f"I could not post in {channel.mention}: give me {' and '.join(missing)} there.", "channel"
            )
    after = await store.reactions.change_settings(guild_id, gallery=(place, stars or now.gallery_stars))
    about = {"channel": after.gallery_channel, "stars": after.gallery_stars}
    await _done(interaction, f"set the gallery: {gallery_text(after)}.", about)


async def _done(interaction: Interaction, text: str, about: Mapping[str, Any]) -> None:
    await interaction.response.send_message(f"Done: {text}", ephemeral=True)
    await record(interaction.client, guild_of(interaction), interaction.user.id, "settings", text, about)
