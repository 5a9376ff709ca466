"""The real process, killed by itself with SIGKILL at each step of an event's end: it pays and posts once."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.server.events import ServerEvent
from bot.domain.server.reaction_rules import REACTIONS, ReactionKey
from bot.runtime.failpoints import EVENT_NAMES
from sandbox.server import Sandbox
from tests.crash.test_kill import KILLED, SPEED, Scene
from tests.support.wire.server import WireDiscord

POINTS = (*EVENT_NAMES, "decision.changed", "decision.stored", "gallery.sent")


@pytest.fixture
async def scene(tmp_path: Path):
    async with WireDiscord() as discord, Sandbox(speed=SPEED, small=True) as sandbox:
        yield Scene(discord, sandbox, tmp_path)


async def begin(scene: Scene) -> None:
    now = time.time()
    event = ServerEvent(
        id="E1", guild_id=scene.guild.id, channel_id=scene.channel.id, theme="Cats", purse=Decimal(100),
        cap=Decimal(100), prizes=(Decimal(5),), made_by=1, begins_at=now - 60,
        ends_at=now + 3600,
    )  # fmt: skip
    async with scene.store() as store:
        await store.events.add(event, record=lambda _: None)
        await store.events.join(scene.guild.id, "E1", scene.ada.id)


async def let_its_time_pass(scene: Scene) -> None:
    """Give the result a star, and set the end to now."""
    async with scene.store() as store:
        [job] = await store.job_lists.recent(scene.guild.id)
        card = await store.cards.get(scene.guild.id, job.card_id)
        assert card is not None
        assert card.message_id is not None
        star = REACTIONS["⭐"]
        key = ReactionKey(guild_id=scene.guild.id, message_id=card.message_id, emoji=star.emoji, member_id=7)
        await store.reaction_acts.note(key, star, card_id=card.id)
        await store.reaction_acts.note_done(key)  # else it waits, and a member who is not there has none
        now = time.time()
        await store._database.write(lambda db: db.execute("UPDATE events SET ends_at = ?", (now,)))


def places(scene: Scene) -> list[str]:
    """What the messages with places say."""
    embeds = [embed for message in scene.discord.messages(scene.channel) for embed in message.embeds]
    return [embed.description or "" for embed in embeds if embed.title == "Places: Cats"]


@pytest.mark.parametrize(
    "point", [each if each == "event.posted" else pytest.param(each, marks=pytest.mark.long) for each in POINTS]
)
async def test_a_kill_at_any_step_of_an_events_end_pays_and_posts_once(scene: Scene, point: str):
    async with scene.life() as bot:  # makes the database
        await bot.online()
        assert await bot.terminate() == 0
    await begin(scene)
    async with scene.life() as bot:
        await bot.online()
        await scene.ask("a fox #fast")
        await scene.discord.until(lambda: scene.done(scene.database))
        assert await bot.terminate() == 0
    await let_its_time_pass(scene)
    async with scene.life(point) as bot:
        assert await bot.ended() == KILLED
    async with scene.life() as bot:
        await bot.online()
        [said] = await scene.discord.until(lambda: places(scene))
        assert await bot.terminate() == 0
    async with scene.store() as store:
        [grant] = await store.grants.of_member(scene.guild.id, scene.ada.id)
        [report] = [each for each in await store.decisions.all(scene.guild.id) if "has ended" in each.text]
        assert await store.events.open(scene.guild.id) == []
    assert grant.credits == 5
    assert f"🥇 <@{scene.ada.id}> · 1 ⭐ · 5 credits" in said
    assert f"<@{scene.ada.id}>" in report.text
