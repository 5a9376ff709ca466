"""The demo's server: channels, roles, members, key and settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import discord

from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.generation.recipes.recipes import Parameter, Recipe, parse_steps
from bot.language import LANGUAGES, Text, current
from sandbox.demo import texts
from sandbox.demo.furniture.people import MODERATORS, PEOPLE, ROLES, face_png, lens_png

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import simcord
    from simcord.actors import MemberActor
    from simcord.builders import ChannelHandle, GuildHandle, RoleHandle

    from bot.app.client import CannonBot
    from sandbox.server import Sandbox

DEMO_KEY = "cs_test_demo_0000000000000000"
DEMO_CREDITS = 5000
CONFIRM_ABOVE, APPROVE_ABOVE = Decimal(40), Decimal(60)
"""Credits above which a price is confirmed, and a job approved: videos from ten seconds show it."""
WEEKLY_LIMIT, STARS = Decimal(600), 2
KNOWN_PRICES = {
    "prompt.enhance.variant": Decimal(1),
    "image.edit": Decimal(12),
    "video.generate": Decimal(20),
    "soundfx.generate": Decimal(4),
    "subtitles.generate": Decimal(1),
}
"""The server's own price list: a step whose input another step makes has no estimate, and would wait for approval."""
STUDIO, GALLERY, EVENTS = "studio", "gallery", "events"
REVIEW, LOG, CAST = "review", "staff-log", "cast-images"


@dataclass(frozen=True, slots=True)
class DemoChannel:
    """A channel of the server."""

    name: str
    topic: Text
    group: Text
    staff: bool = False


ROOMS = (
    DemoChannel(STUDIO, texts.STUDIO_TOPIC, texts.CREATE),
    DemoChannel(GALLERY, texts.GALLERY_TOPIC, texts.CREATE),
    DemoChannel(EVENTS, texts.EVENTS_TOPIC, texts.CREATE),
    DemoChannel(REVIEW, texts.REVIEW_TOPIC, texts.STAFF, staff=True),
    DemoChannel(LOG, texts.LOG_TOPIC, texts.STAFF, staff=True),
    DemoChannel(CAST, texts.CAST_TOPIC, texts.STAFF, staff=True),
)
"""The channels in order."""
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
    roles: Mapping[str, RoleHandle]
    groups: Mapping[Text, ChannelHandle]
    """The categories of the channels."""
    rooms: Mapping[str, ChannelHandle]
    people: Mapping[str, MemberActor]
    """By account name."""
    pictures: Mapping[str, tuple[str, bytes]]
    """Pictures by address: file name and PNG."""

    faces: Mapping[str, bytes]
    """Each account's picture by id, as PNG."""

    def translate(self, backend: Any) -> None:
        """Name roles, categories and the moderator, and describe channels, in the current language."""
        for person in PEOPLE:
            backend.users[self.people[person.account].id].global_name = str(person.shown)
        for key, role in self.roles.items():
            backend.edit_role(self.guild.id, role.id, {"name": str(ROLES[key][0])})
        for name, group in self.groups.items():
            backend.edit_channel(group.id, {"name": str(name)})
        for room in ROOMS:
            backend.edit_channel(self.rooms[room.name].id, {"topic": str(room.topic)})

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
    accounts = {
        person.account: env.create_user(person.account, global_name=str(person.shown), avatar=f"{PICTURE_HASH}{number}")
        for number, person in enumerate(PEOPLE, start=1)
    }
    guild = env.create_guild(
        texts.GUILD_NAME, owner=accounts[PEOPLE[1].account], preferred_locale=LANGUAGES[current()][0]
    )
    roles = {key: _role(guild, key) for key in ROLES}
    groups = {name: guild.create_category(str(name)) for name in dict.fromkeys(room.group for room in ROOMS)}
    rooms = {room.name: _room(guild, bot, room, groups[room.group], roles[MODERATORS]) for room in ROOMS}
    own = env.backend.bot_user
    people: dict[str, MemberActor] = {}
    faces = {str(own.id): lens_png()}
    pictures = {PICTURE_URL.format(own.id, own.avatar): ("cannon-bot.png", faces[str(own.id)])}
    for person in PEOPLE:
        user = accounts[person.account]
        people[person.account] = guild.add_member(user, roles=[roles[person.role]])
        faces[str(user.id)] = face_png(person.face)
        face = (f"{person.account}.png", faces[str(user.id)])
        pictures |= {each.format(user.id, user.avatar): face for each in (PICTURE_URL, ICON_URL)}
    return Furnished(guild, roles, groups, rooms, people, pictures, faces)


def _role(guild: GuildHandle, key: str) -> RoleHandle:
    may = discord.Permissions(manage_guild=True, manage_messages=True) if key == MODERATORS else None
    name, colour = ROLES[key]
    return guild.create_role(str(name), permissions=may, color=colour, hoist=True)


def _room(
    guild: GuildHandle, bot: CannonBot, room: DemoChannel, group: ChannelHandle, moderators: RoleHandle
) -> ChannelHandle:
    hidden, shown = discord.PermissionOverwrite(view_channel=False), discord.PermissionOverwrite(view_channel=True)
    staff: Any = {guild.default_role: hidden, moderators: shown, bot.user: shown}
    return guild.create_text_channel(
        room.name, topic=str(room.topic), category=group, overwrites=staff if room.staff else None
    )


async def set_up(bot: CannonBot, sandbox: Sandbox, made: Furnished) -> None:
    """Set up a key, prices, limits, and the channels for approvals, log and gallery."""
    acts, store, guild_id, by_id = bot.parts.moderation, bot.parts.store, made.guild.id, made.moderator.id
    # An own key, so that its account is reconciled: the host's would serve other servers too.
    sandbox.add_key(DEMO_KEY, credits=DEMO_CREDITS)
    await acts.key.set(guild_id, DEMO_KEY, by_id=by_id)
    await acts.settings.change(
        guild_id,
        lambda old: replace(
            old, estimate_tool=True, confirm_above=CONFIRM_ABOVE, approve_above=APPROVE_ABOVE,
            approval_channel=made.rooms[REVIEW].id, log_channel=made.rooms[LOG].id,
            gallery_channel=made.rooms[GALLERY].id, gallery_stars=STARS,
        ),
        by_id=by_id,
    )  # fmt: skip
    for operation, price in KNOWN_PRICES.items():
        await store.prices.set(guild_id, operation, "", price)
    everyone = Limit(scope=Scope.EVERYONE, period=Period.WEEK, credits=WEEKLY_LIMIT)
    await acts.quota.set_limit(guild_id, everyone, by_id=by_id)
    await acts.recipes.save(guild_id, POSTCARD, _postcard().to_json(), by_id=by_id, replaces=None)
    await acts.week.set_channel(guild_id, made.rooms[GALLERY].id, by_id=by_id)
    await bot.parts.welcomes.run_once()  # before the history: later it would greet the server in the present


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
