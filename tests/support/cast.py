"""A server with a cast: pictures in a channel of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import discord

from bot.domain.models import new_id
from bot.domain.server.places import Viewer
from bot.domain.words.cast import CastKind, CastMember
from bot.generation.sources import SourceRef
from tests.support.rig import Rig
from tests.support.surface import png
from tests.support.viewers import seeing
from tests.support.workflows import hosted


def caster(rig: Rig, member: Any = None, *, moderator: bool = False, role_ids: Sequence[int] = ()) -> Viewer:
    """Return a member who may read everything."""
    viewer = seeing(rig.guild.id, (member or rig.member).id, is_moderator=moderator)
    return replace(viewer, role_ids=role_ids)


async def cast_channel(rig: Rig) -> Any:
    """Give the server a channel for pictures, which only its moderators and the bot can read."""
    hidden, shown = discord.PermissionOverwrite(view_channel=False), discord.PermissionOverwrite(view_channel=True)
    only: Any = {rig.guild.default_role: hidden, rig.bot.user: shown}
    channel = rig.guild.create_text_channel("cast", overwrites=only)
    await rig.bot.parts.store.settings.change(rig.guild.id, lambda rules: replace(rules, cast_channel=channel.id))
    return channel


async def add(rig: Rig, name: str, *, pictures: int = 1, member: Any = None, **facts: Any) -> CastMember:
    """Add to the cast, with pictures from uploads."""
    if pictures and (await rig.bot.parts.store.settings.get(rig.guild.id)).cast_channel is None:
        await cast_channel(rig)
    links = [hosted(rig, f"{new_id()}.png", png()) for number in range(pictures)]
    refs, who = [SourceRef(url=link) for link in links], caster(rig, member)
    found, kind = partial(rig.bot.parts.sources.links, who, refs, "image"), facts.pop("kind", CastKind.CHARACTER)
    return await rig.bot.parts.cast.add(who, kind, found if refs else None, name=name, commands=(), **facts)
