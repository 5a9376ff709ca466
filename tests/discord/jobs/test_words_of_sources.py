"""What others read never depends on the words of a result that they may not see: a source is a reference."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import Job
from tests.support.channels import hidden_channel, made_in, press, shown
from tests.support.erased import delete_data, left_in_files, left_in_tables
from tests.support.jobs import gallery, on_job
from tests.support.reacting import other
from tests.support.results import card_of
from tests.support.rig import Rig
from tests.support.surface import agreed, newest

WORDS = "surprise carols party"
EARLIER = "of *an earlier result*"
ACTS = ("again", "vary_strong", "zoom_out")


@pytest.fixture
def eve(rig: Rig) -> Any:
    """A member who sees the public channels only."""
    return other(rig, "eve")


async def edited(rig: Rig, member: Any, job: Job) -> Job:
    await member.slash(rig.channel, "image edit", **{"from": job.id, "prompt": "brighter #fast"})
    await rig.work()
    return await newest(rig)


async def acted(rig: Rig, member: Any, job: Job, act: str) -> Job:
    await agreed(member, await press(rig, member, act, job.id))
    await rig.work()
    return await newest(rig)


async def read_by(rig: Rig, eve: Any, jobs: list[Job]) -> str:
    """Return everything that Eve reads: cards, files and alt texts, choices, lists, a job, and what search finds."""
    cards = [message for message in rig.channel.history() if message.author.id == rig.bot.user.id]
    files = [(each.filename, each.description) for message in cards for each in message.attachments]
    embeds = [embed.to_dict() for message in cards for embed in message.embeds]
    choices = [await eve.autocomplete(rig.channel, "image edit", "from", typed) for typed in ("", "carols", "bright")]
    listed = await gallery(rig, eve)
    everyones = await gallery(rig, eve, member=rig.member.user)
    single = [shown(await on_job(rig, eve, "show", job.id)) for job in jobs]
    return str([files, embeds, choices, shown(listed), shown(everyones), single])


@pytest.mark.parametrize("secret", ["private", "hidden"])
async def test_what_is_made_of_a_secret_result_in_public_says_nothing_of_its_words(rig: Rig, eve: Any, secret: str):
    place = hidden_channel(rig, rig.member) if secret == "hidden" else rig.channel
    source = await made_in(rig, place, rig.member, WORDS, private=secret == "private")
    before = len(list(rig.channel.history()))
    edit = await edited(rig, rig.member, source)
    third = await edited(rig, rig.moderator, edit)
    assert EARLIER in str(card_of(rig, edit).embeds[0].description)
    assert len(list(rig.channel.history())) == before + 2
    made = [await acted(rig, rig.member, source, act) for act in ACTS]
    read = await read_by(rig, eve, [edit, third, *made])
    assert "brighter" in read
    assert not [word for word in WORDS.split() if word in read]
    assert await eve.autocomplete(rig.channel, "image edit", "from", "carols") == []
    assert left_in_tables(rig.folder, WORDS).keys() <= {"jobs", "job_texts"}, "the source's own"


async def test_a_public_result_in_the_same_channel_is_quoted(rig: Rig, eve: Any):
    edit = await edited(rig, eve, await made_in(rig, rig.channel, rig.member, WORDS))
    card = card_of(rig, edit)
    assert f"of *{WORDS} \\#fast*" in str(card.embeds[0].description)
    assert card.attachments[0].description.startswith(WORDS)


async def test_erased_words_are_in_nothing_that_others_made_of_them(rig: Rig, eve: Any):
    source = await made_in(rig, rig.channel, rig.member, WORDS)
    edit = await edited(rig, rig.moderator, source)
    made = [edit, *[await acted(rig, rig.moderator, source, act) for act in ACTS]]
    made.append(await acted(rig, eve, edit, "vary_subtle"))
    assert left_in_files(rig.folder, WORDS)
    await delete_data(rig, rig.member)
    assert left_in_files(rig.folder, WORDS) == {}
    assert left_in_tables(rig.folder, "brighter"), "what others wrote themselves stays"
    before = len(list(rig.channel.history()))
    choices = [await eve.autocomplete(rig.channel, "image edit", "from", typed) for typed in ("", "carols")]
    seen = [shown(await on_job(rig, eve, "show", job.id)) for job in made]
    assert "carols" not in str([choices, seen])
    assert len(list(rig.channel.history())) == before


async def test_words_that_an_open_job_of_another_needs_stay_until_it_has_ended(rig: Rig, eve: Any):
    source = await made_in(rig, rig.channel, rig.member, WORDS)
    await agreed(eve, await press(rig, eve, "again", source.id))
    await delete_data(rig, rig.member)
    assert left_in_tables(rig.folder, WORDS)
    await rig.work()
    await delete_data(rig, rig.member)
    assert left_in_files(rig.folder, WORDS) == {}
