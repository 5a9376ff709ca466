"""What others read never depends on the words of a result that they may not see: a source is a reference."""

from __future__ import annotations

import random
import re
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.models import Job
from tests.support.channels import hidden_channel, made_in, press, shown
from tests.support.erased import delete_data, left_in_files, left_in_tables
from tests.support.examples import examples
from tests.support.jobs import gallery, on_job
from tests.support.reacting import other
from tests.support.results import card_of
from tests.support.rig import Rig, running
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


# ------------------------------------------------------------------ what others read, whatever the words are

SECRETS = ("private", "hidden", "erased")
TEXTS = st.text(alphabet="abcdefgxyzäßжЯ雪女 ", min_size=3, max_size=40).filter(str.strip)
STEPS = st.tuples(st.sampled_from(["author", "moderator"]), st.sampled_from(["edit", *ACTS]), st.integers(0, 5))
LIVES = st.lists(STEPS, min_size=1, max_size=4)
ALL = [("author", "edit", 0), ("moderator", "edit", 1), *(("author", act, 0) for act in ACTS)]
"""Each: who does what with which of the results, the first of which is the secret one."""


@given(secret=st.sampled_from(SECRETS), life=LIVES, words=TEXTS, others=TEXTS)
@example(secret="private", life=ALL, words=WORDS, others="a quiet fox")
@example(secret="hidden", life=ALL, words=WORDS, others="a quiet fox")
@example(secret="erased", life=[("moderator", "edit", 0), ("moderator", "again", 0)], words=WORDS, others="a fox")
@settings(max_examples=examples(quick=2, long=20), deadline=None, derandomize=True, database=None)
async def test_what_others_read_does_not_depend_on_secret_words(
    secret: str, life: list[tuple[str, str, int]], words: str, others: str
):
    typed = ["", *{*words.split(), *others.split()}]
    seen = [await read_in_a_life(secret, life, each, typed) for each in (words, others)]
    assert seen[0] == seen[1]
    assert seen[0], "something was read"


async def read_in_a_life(secret: str, life: list[tuple[str, str, int]], words: str, typed: list[str]) -> list[str]:
    """Return all that Eve reads when a member has something secret made of these words, and it is used."""
    dice = mock.patch.object(random, "Random", lambda seed=0, dice=random.Random: dice(seed))
    with tempfile.TemporaryDirectory() as folder, dice:
        async with running(Path(folder)) as rig:
            eve = other(rig, "eve")
            place = hidden_channel(rig, rig.member) if secret == "hidden" else rig.channel
            made = [await made_in(rig, place, rig.member, words, private=secret == "private")]
            for who, act, number in life:
                actor = rig.member if who == "author" else rig.moderator
                job = made[number % len(made)]
                if act == "edit":
                    await actor.slash(rig.channel, "image edit", **{"from": job.id, "prompt": "brighter #fast"})
                else:
                    await agreed(actor, await press(rig, actor, act, job.id))
                await rig.work()
                made = sorted(await rig.jobs(), key=lambda each: (each.created_at, each.position))
            if secret == "erased":
                await delete_data(rig, rig.member)
            return [alike(each, made) for each in await read_by(rig, eve, made, typed, cards=secret != "erased")]


async def read_by(rig: Rig, eve: Any, jobs: list[Job], typed: list[str], *, cards: bool) -> list[str]:
    """Return all that Eve reads: cards, files and alt texts, choices, lists, search, each job and its details."""
    read = []
    for message in rig.channel.history(viewer=eve) if cards else ():  # what an erased one said stays on cards
        if message.author.id == rig.bot.user.id and message.content != "there":
            read += [str(embed.to_dict()) for embed in message.embeds]
            read += [f"{each.filename} {each.description}" for each in message.attachments]
    for each in typed:
        read.append(str(await eve.autocomplete(rig.channel, "image edit", "from", each)))
        read.append(shown(await gallery(rig, eve, **({"search": each} if each else {}))))
    read.append(shown(await gallery(rig, eve, member=rig.member.user)))
    for job in jobs:
        read.append(shown(await on_job(rig, eve, "show", job.id)))
        read.append(shown(await press(rig, eve, "details", job.id)))
    return read


def alike(text: str, jobs: list[Job]) -> str:
    """Return what is read without what no two lives have in common: ids."""
    for number, job in enumerate(jobs):
        text = text.replace(job.id, f"J{number}").replace(job.card_id, f"C{number}")
    return re.sub(r"\d{15,}|req\W+_\w+|-[0-9a-z]{4}(?=\.png)", "ID", text)


async def test_a_secret_result_is_called_an_earlier_one_and_is_in_no_index(rig: Rig, eve: Any):
    source = await made_in(rig, rig.channel, rig.member, WORDS, private=True)
    edit = await edited(rig, rig.member, source)
    assert EARLIER in str(card_of(rig, edit).embeds[0].description)
    assert "brighter" in shown(await on_job(rig, eve, "show", edit.id))
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
