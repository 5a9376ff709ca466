"""The demo's cast: three characters with images, which their makers added before the week; and who votes."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bot.domain.server.places import Sight, Viewer
from bot.domain.server.shootouts import has_result
from bot.domain.words.cast import CastKind
from bot.errors import InputError
from bot.language import Text
from sandbox.demo import texts
from sandbox.demo.furniture.server import CAST
from sandbox.media.render import png
from sandbox.media.words import scene_of
from sandbox.studio.files import StoredFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.app.client import CannonBot
    from sandbox.demo.furniture.server import Furnished
    from sandbox.server import Sandbox

SIZE_PX = 512
DICE = random.Random()  # noqa: S311 - no secret depends on it


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCharacter:
    """A character; each of `seeds` is an image of it."""

    name: str
    look: Text
    maker: str
    seeds: Sequence[int] = (3,)
    voice_id: str = ""


PLAYERS = (
    DemoCharacter(name="Mira", look=texts.MIRA, maker="ada", seeds=(3, 5, 8), voice_id="emma"),
    DemoCharacter(name="Otto", look=texts.OTTO, maker="bo"),
    DemoCharacter(name="Wren", look=texts.WREN, maker="cleo", seeds=(3, 4)),
)


VOTES_EVERY_S = 1.5
JOBS_SEEN = 8


class Voters:
    """The server's people vote in each shoot-out, one after the other."""

    def __init__(self, bot: CannonBot, made: Furnished) -> None:
        own = {made.viewers[0].id, made.moderator.id}
        self._bot, self._guild_id = bot, made.guild.id
        self._people = [each.id for each in made.people.values() if each.id not in own]
        self._left: dict[str, list[int]] = {}
        """By card id, who has not voted yet."""

    async def run(self) -> None:
        while True:
            await asyncio.sleep(VOTES_EVERY_S)
            recent = await self._bot.parts.store.job_lists.recent(self._guild_id, limit=JOBS_SEEN)
            votable = [job for job in recent if job.is_secret and has_result(job)]
            for card_id in {job.card_id for job in votable}:
                left = self._left.setdefault(card_id, list(self._people))
                if left:
                    job = DICE.choice([each for each in votable if each.card_id == card_id])
                    with contextlib.suppress(InputError):  # it has just ended
                        await self._bot.parts.shootouts.vote(job, left.pop())


async def bring_cast(bot: CannonBot, sandbox: Sandbox, made: Furnished) -> None:
    """Choose the cast's channel, and add the characters."""
    guild_id, room_id, add = made.guild.id, made.rooms[CAST].id, bot.parts.cast.add
    await bot.parts.moderation.settings.change(
        guild_id, lambda old: replace(old, cast_channel=room_id), by_id=made.moderator.id
    )
    for player in PLAYERS:
        links = [_drawn(sandbox, player, seed) for seed in player.seeds]
        viewer = Viewer(
            guild_id=guild_id,
            member_id=made.people[player.maker].id,
            is_moderator=False,
            sight=_seen,
            ask=_asked,
            is_shown_here=lambda _channel_id: True,
        )
        look, voice, found = str(player.look), player.voice_id, partial(_given, links)
        await add(viewer, CastKind.CHARACTER, found, commands=(), name=player.name, look=look, voice_id=voice)


def _drawn(sandbox: Sandbox, player: DemoCharacter, seed: int) -> str:
    """Put an image on the sandbox's host, and return its link. Results with it as a reference show the same."""
    scene, name = scene_of(player.look.message, seed), f"{player.name}-{seed}.png"
    file = png(scene, size=(SIZE_PX, SIZE_PX))
    sandbox.studio.files.put(name, StoredFile(file.data, file.content_type, scene=scene))
    return f"{sandbox.url}/media/{name}"


async def _given(links: Sequence[str]) -> Sequence[str]:
    return links


def _seen(_channel_id: int) -> Sight:
    return Sight.SEEN


async def _asked(_channel_id: int) -> Sight:
    return Sight.SEEN
