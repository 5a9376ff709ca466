"""The demo's server: channels, roles, members, key and settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import discord

from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.generation.recipes.recipes import Parameter, Recipe, parse_steps
from bot.language import LANGUAGES, current
from bot.sandbox.demo import texts
from bot.sandbox.demo import texts as demo_texts
from bot.sandbox.demo.furniture.people import MODERATORS, PEOPLE, ROLES, face_png, lens_png

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import simcord
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle, RoleHandle

    from bot.app.client import CannonBot
    from bot.sandbox.server import Sandbox
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import simcord

    from bot.app.client import CannonBot
    from bot.sandbox.server import Sandbox

DEMO_KEY = "cs_test_demo_0000000000000000"
DEMO_CREDITS = 5000
CONFIRM_ABOVE, APPROVE_ABOVE = Decimal(40), Decimal(60)
"""Credits above which a price is confirmed, and a job approved: videos from ten seconds show it."""
WEEKLY_LIMIT, GRANTED, STARS = Decimal(600), Decimal(100), 2
KNOWN_PRICES = {
    "prompt.enhance.variant": Decimal(1),
    "image.edit": Decimal(12),
    "video.generate": Decimal(20),
    "soundfx.generate": Decimal(4),
    "subtitles.generate": Decimal(1),
}
"""The server's own price list: a step whose input another step makes has no estimate, and would wait for approval."""
UNPRICED = "music.generate"
"""The operation with a price unknown until paid."""
STUDIO, GALLERY, REVIEW, LOG, AFTER_DARK = "studio", "gallery", "review", "staff-log", "after-dark"
POSTCARD = "postcard"
"""A recipe of the server; the built-in trailer's video would double the startup time."""
POSTCARD_STEPS = """
prompt.enhance.image
prompt: {place}
aspectRatio: 16:9

image.generate
prompt: {1.enhancedPrompt}
aspect_ratio: 16:9

narration.generate
text: Greetings from {place}
"""
PICTURE_HASH = "0" * 31
"""Placeholder of an account's picture in its address, except for one digit."""
PICTURE_URL = "https://cdn.simcord.invalid/avatars/{}/{}.png"
ICON_URL = "https://cdn.discordapp.com/avatars/{}/{}.png?size=1024"
"""The same picture's address in discord.py; cards show their author's."""


@dataclass(frozen=True)
class Furnished:
    """What the page shows: its channels, and its viewers. It opens on the first of both."""

    guild: GuildHandle
    rooms: Mapping[str, ChannelHandle]
    people: Mapping[str, MemberActor]
    """By account name."""
    pictures: Mapping[str, tuple[str, bytes]]
    """Pictures by address: file name and PNG."""

    @property
    def channels(self) -> Sequence[ChannelHandle]:
        """The channels in order."""
        return tuple(self.rooms.values())

    @property
    def viewers(self) -> Sequence[MemberActor]:
        """The page's viewers: a member, a moderator, then the others."""
        return tuple(self.people.values())

    @property
    def moderator(self) -> MemberActor:
        """The member who set up the server."""
        return self.people[PEOPLE[1].account]


async def furnish(env: simcord.Env, bot: CannonBot) -> Furnished:
    """Create the server, channels and members, in the current language."""
    guild = env.create_guild(demo_texts.GUILD_NAME, preferred_locale=LANGUAGES[current()][0])
    roles = {key: _role(guild, key) for key in ROLES}
    rooms = _rooms(guild, bot, roles[MODERATORS])
    people: dict[str, MemberActor] = {}
    pictures: dict[str, tuple[str, bytes]] = {}
    for number, person in enumerate(PEOPLE, start=1):
        picture = f"{PICTURE_HASH}{number}"
        user = env.create_user(person.account, global_name=person.shown, avatar=picture)
        people[person.account] = guild.add_member(user, roles=[roles[person.role]])
        face = (f"{person.account}.png", face_png(person.face))
        pictures |= {each.format(user.id, picture): face for each in (PICTURE_URL, ICON_URL)}
    own = env.backend.bot_user
    pictures[PICTURE_URL.format(own.id, own.avatar)] = ("cannon-bot.png", lens_png())
    return Furnished(guild, rooms, people, pictures)


def _role(guild: GuildHandle, key: str) -> RoleHandle:
    may = discord.Permissions(manage_guild=True, manage_messages=True) if key == MODERATORS else None
    return guild.create_role(str(ROLES[key].name), permissions=may, color=ROLES[key].colour, hoist=True)


def _rooms(guild: GuildHandle, bot: CannonBot, moderators: RoleHandle) -> Mapping[str, ChannelHandle]:
    hidden, shown = discord.PermissionOverwrite(view_channel=False), discord.PermissionOverwrite(view_channel=True)
    staff: Any = {guild.default_role: hidden, moderators: shown, bot.user: shown}
    rooms = {
        STUDIO: guild.create_text_channel(STUDIO, topic=str(texts.STUDIO_TOPIC)),
        GALLERY: guild.create_text_channel(GALLERY, topic=str(texts.GALLERY_TOPIC)),
        REVIEW: guild.create_text_channel(REVIEW, topic=str(texts.REVIEW_TOPIC), overwrites=staff),
        LOG: guild.create_text_channel(LOG, topic=str(texts.LOG_TOPIC), overwrites=staff),
    }
    dark = guild.create_text_channel(AFTER_DARK, topic=str(texts.AFTER_DARK_TOPIC))
    # simcord has no age restriction: it is set where Discord's event would arrive.
    if isinstance(seen := bot.get_channel(dark.id), discord.TextChannel):
        seen.nsfw = True
    return {**rooms, AFTER_DARK: dark}


async def set_up(bot: CannonBot, sandbox: Sandbox, made: Furnished) -> None:
    """Set up a key, prices, limits, and the channels for approvals, log and gallery."""
    acts, store, guild_id, by_id = bot.parts.moderation, bot.parts.store, made.guild.id, made.moderator.id
    # An own key, so that its account is reconciled: the host's would serve other servers too.
    sandbox.add_key(DEMO_KEY, credits=DEMO_CREDITS)
    sandbox.tariff.hide(UNPRICED)
    await acts.key.set(guild_id, DEMO_KEY, by_id=by_id)
    await acts.settings.change(
        guild_id,
        lambda old: replace(
            old, estimate_tool=True, confirm_above=CONFIRM_ABOVE, approve_above=APPROVE_ABOVE,
            approval_channel=made.rooms[REVIEW].id, log_channel=made.rooms[LOG].id,
        ),
        by_id=by_id,
    )  # fmt: skip
    for operation, price in KNOWN_PRICES.items():
        await store.prices.set(guild_id, operation, "", price)
    everyone = Limit(scope=Scope.EVERYONE, period=Period.WEEK, credits=WEEKLY_LIMIT)
    await acts.quota.set_limit(guild_id, everyone, by_id=by_id)
    await acts.recipes.save(guild_id, POSTCARD, _postcard().to_json(), by_id=by_id, replaces=None)
    gallery = made.rooms[GALLERY].id
    await acts.reactions.set_gallery(guild_id, channel_id=gallery, stars=STARS, off=False, by_id=by_id)


def _postcard() -> Recipe:
    return Recipe(
        name=POSTCARD,
        about=str(texts.POSTCARD),
        parameters=(Parameter(name="place", about=str(texts.POSTCARD_PLACE)),),
        steps=parse_steps(POSTCARD_STEPS),
    )


COLOUR = 0x7C6CF0


async def welcome(env: simcord.Env, bot: CannonBot, sandbox: Sandbox, made: Furnished) -> None:
    """Post an introduction, and have the bot welcome the server, as when invited."""
    sandbox.add_key(DEMO_KEY, credits=DEMO_CREDITS)
    room = made.rooms[STUDIO]
    env.backend.edit_guild(made.guild.id, {"system_channel_id": room.id})
    await env.settle()
    channel = cast("discord.TextChannel", bot.get_channel(room.id))
    note = discord.Embed(title=str(texts.NEWCOMER_TITLE), description=texts.NEWCOMER(key=DEMO_KEY), colour=COLOUR)
    await channel.send(embed=note)
    await bot.parts.welcomes.run_once()
