"""Films go on from their last frame, join to one file, and pictures get larger."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import av
import pytest

from bot.delivery.texts import NOT_FROM_HIDDEN
from bot.domain.models import Job
from bot.domain.server.guild_rules import Limit, Period, Scope
from bot.generation.again.shots import JOINS_AN_HOUR, Shots
from bot.generation.texts import NOT_JOINED, TOO_MANY_FILMS
from bot.media import film as film_module
from bot.media.caged import CagedError
from cogs.ui.interaction import use
from tests.support.cast import cast_channel
from tests.support.channels import hidden_channel, made_in, press
from tests.support.rig import Rig
from tests.support.surface import private_sentence


async def film(rig: Rig, prompt: str = "a boat leaves", **options: Any) -> Job:
    await rig.member.slash(rig.channel, "video generate", prompt=prompt, duration=4, **options)
    await rig.work()
    return (await rig.jobs())[0]


async def next_shot(rig: Rig, job: Job, prompt: str, place: Any) -> Job:
    form = await rig.member.click(place, custom_id=f"c1:shot_next:{job.id}")
    first, *_ = rig.form_fields(form)
    done = await rig.member.submit_modal(form, {first: prompt})
    await rig.work()
    found = (await rig.jobs())[0]
    assert found.parent_id == job.id, done.response.content
    return found


async def steps_of(rig: Rig, job: Job) -> Any:
    message = next(each for each in rig.messages() if each.id == job.message_id)
    return (await rig.member.click(message, custom_id=f"c1:next:{job.id}")).response


def seconds_of(rig: Rig, message: Any) -> float:
    path = rig.folder / "film.mp4"
    path.write_bytes(rig.file(message.attachments[0]))
    with av.open(str(path)) as whole:
        return (whole.duration or 0) / 1_000_000


async def test_the_next_shot_begins_with_the_last_frame_and_shots_join_to_one_file(rig: Rig):
    pictures = await cast_channel(rig)
    job = await film(rig)
    shot = await next_shot(rig, job, "it comes back", await steps_of(rig, job))
    [kept] = pictures.history()
    assert rig.sandbox.requests[-1].input["image_url"] == kept.attachments[0].url
    assert shot.prompt == "it comes back"
    await rig.member.click(await steps_of(rig, shot), custom_id=f"c1:shot_join:{shot.id}")
    one, *_, joined = [message for message in rig.messages() if message.attachments]
    assert seconds_of(rig, joined) == pytest.approx(2 * seconds_of(rig, one), abs=0.2)
    assert joined.content == f"-# Made with AI · Wan 2.7 · <@{rig.member.id}>"


async def test_an_image_is_made_again_in_the_largest_size(rig: Rig):
    await rig.member.slash(rig.channel, "image generate", prompt="a quiet bay")
    await rig.work()
    job = (await rig.jobs())[0]
    asked = await rig.member.click(await steps_of(rig, job), custom_id=f"c1:enlarge:{job.id}")
    await rig.member.click(asked.followups[0], label="Yes, make it")
    await rig.work()
    assert rig.sandbox.requests[-1].operation == "image.edit"
    assert rig.sandbox.requests[-1].input["resolution"] == "4K"
    assert (await rig.jobs())[0].parent_id == job.id


async def _two_shots(rig: Rig) -> Job:
    await cast_channel(rig)
    job = await film(rig)
    return await next_shot(rig, job, "it comes back", await steps_of(rig, job))


async def test_a_member_joins_one_at_a_time_and_a_few_an_hour(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    shot = await _two_shots(rig)
    shots = use(rig.bot, Shots)
    opened: list[str] = []

    async def no_film(folder: Any, names: Any, **_: Any) -> Any:
        opened.append(str(folder))
        raise CagedError("not here")

    monkeypatch.setattr(film_module, "joined", no_film)
    shots.joining.add(rig.member.id)
    assert private_sentence(await press(rig, rig.member, "shot_join", shot.id)) == str(TOO_MANY_FILMS)
    shots.joining.clear()
    said = [private_sentence(await press(rig, rig.member, "shot_join", shot.id)) for _ in range(JOINS_AN_HOUR + 1)]
    assert said[0] == str(NOT_JOINED)
    assert said[-1].startswith("Videos of yours or of others")
    assert len(opened) == JOINS_AN_HOUR
    assert not shots.joining
    nothing = Limit(credits=Decimal(0), scope=Scope.EVERYONE, period=Period.DAY)
    await rig.bot.parts.store.limits.set(rig.guild.id, nothing, by_id=rig.moderator.id)
    assert "credits" in private_sentence(await press(rig, rig.member, "shot_join", shot.id))


async def test_a_frame_waits_for_no_join_and_files_are_loaded_in_turn(rig: Rig):
    shot = await _two_shots(rig)
    shots = use(rig.bot, Shots)
    async with shots.joins.turn(0, timeout_s=1):
        third = await next_shot(rig, shot, "and leaves", await steps_of(rig, shot))
        waiting = asyncio.create_task(shots.joined(rig.member.id, [shot, third], max_bytes=10**7).__aenter__())
        await asyncio.sleep(0.05)
        assert not list(shots.folder.glob("film-*"))
        waiting.cancel()


async def test_films_of_a_hidden_channel_are_not_joined_where_everyone_sees_them(rig: Rig):
    await cast_channel(rig)
    room = hidden_channel(rig, rig.member, name="room")
    job = await made_in(rig, room, rig.member, "a boat leaves", "video generate", duration=4)
    shot = await made_in(rig, room, rig.member, "it comes back", "video generate", duration=4)
    store = rig.bot.parts.store
    await store._database.write(lambda db: db.execute("UPDATE jobs SET parent_id = ? WHERE id = ?", (job.id, shot.id)))
    said = private_sentence(await press(rig, rig.member, "shot_join", shot.id))
    assert said == str(NOT_FROM_HIDDEN)
