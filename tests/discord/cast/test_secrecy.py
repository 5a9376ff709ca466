"""A hidden character tells those who may not use it nothing: no name, look, or image, nor that it is there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from bot.domain.models import Job
from bot.domain.words.cast import Audience, CastMember
from bot.errors import Refused
from cogs.ui.controls import _ACTIONS
from tests.support.cast import add, cast_channel, caster
from tests.support.channels import press, rule, sent_since, shown
from tests.support.jobs import on_job
from tests.support.me import export_own
from tests.support.reacting import other
from tests.support.rig import Rig
from tests.support.surface import agreed, nothing_happened, private_sentence, sends

NAME, LOOK = "Zyxwald", "a heron in a plum-colored coat"


@dataclass
class Hidden:
    """Ada's character that she alone may use, a job of hers with it, and what must not be read."""

    rig: Rig
    eve: Any
    member: CastMember
    job: Job
    begun: int
    """How many messages were sent before the watch began."""
    secrets: tuple[str, ...] = ()

    def absent_from(self, text: str) -> None:
        for secret in self.secrets:
            assert secret not in text, (secret, text)


@pytest.fixture
async def hidden(rig: Rig) -> Hidden:
    await add(rig, "Mira", pictures=1, look="a fox")
    member = await add(rig, NAME, pictures=2, look=LOOK, audience=Audience.MAKER, voice_id="v-secret")
    begun = len(list(sends(rig)))
    await rig.member.slash(rig.channel, "image generate", prompt="a picnic", cast=NAME)
    await rig.work()
    links = await rig.bot.parts.delivery.cast_pictures.links(member)
    secrets = (NAME, LOOK, "v-secret", *(link.rpartition("/")[0] for link in links))
    return Hidden(rig, other(rig, "eve"), member, (await rig.jobs())[0], begun, secrets)


async def gallery(hidden: Hidden) -> str:
    return shown(await hidden.eve.slash(hidden.rig.channel, "cast"))


async def completed(hidden: Hidden) -> str:
    found = [
        await hidden.eve.autocomplete(hidden.rig.channel, "image generate", option, typed)
        for option, typed in (("cast", ""), ("cast", NAME[:3]), ("cast", "Mira, "), ("style", ""))
    ]
    return json.dumps(found, ensure_ascii=False)


async def details(hidden: Hidden) -> str:
    return shown(await hidden.eve.slash(hidden.rig.channel, "jobs", job=hidden.job.id))


async def jobs(hidden: Hidden) -> str:
    return shown(await hidden.eve.slash(hidden.rig.channel, "jobs"))


async def next_steps(hidden: Hidden) -> str:
    return shown(await press(hidden.rig, hidden.eve, "next", hidden.job.id))


async def own_export(hidden: Hidden) -> str:
    answer = await export_own(hidden.rig, hidden.eve)
    return "".join(hidden.rig.file(each).decode() for each in answer.response.attachments)


async def link(hidden: Hidden) -> str:
    return shown(await on_job(hidden.rig, hidden.eve, "link", hidden.job.id))


WAYS = [gallery, completed, details, jobs, next_steps, own_export, link]


async def test_nothing_is_read_of_it_in_any_way_or_message(rig: Rig, hidden: Hidden):
    """Also not on the card of its job, from the answer to the result; Ada's own Details say who played."""
    for way in WAYS:
        hidden.absent_from(await way(hidden))
    hidden.absent_from(sent_since(rig, hidden.begun))
    assert NAME in shown(await rig.member.slash(rig.channel, "jobs", job=hidden.job.id))
    await agreed(rig.member, await press(rig, rig.member, "again", hidden.job.id))
    await rig.work()
    first, second = rig.sandbox.requests
    assert second.input == first.input, "its maker's re-run is with it"
    assert LOOK in second.input["prompt"]


async def test_its_name_is_answered_as_a_name_that_there_is_not(rig: Rig, hidden: Hidden):
    asked = await hidden.eve.slash(rig.channel, "image generate", prompt="x", cast=NAME)
    none = await hidden.eve.slash(rig.channel, "image generate", prompt="x", cast="Nothere")
    assert private_sentence(asked).replace(NAME, "Nothere") == private_sentence(none)
    named = await hidden.eve.slash(rig.channel, "image generate", prompt=f"@{NAME} x")
    not_there = await hidden.eve.slash(rig.channel, "image generate", prompt="@Nothere x")
    assert named.response.content.replace(NAME, "Nothere") == not_there.response.content
    assert len(rig.sandbox.requests) == 1


async def test_another_members_rerun_is_without_it_after_a_yes_that_does_not_name_it(rig: Rig, hidden: Hidden):
    before = len(list(sends(rig)))
    asked = await press(rig, hidden.eve, "again", hidden.job.id)
    assert "a character that you can't use" in shown(asked)
    hidden.absent_from(shown(asked))
    await agreed(hidden.eve, asked)
    await rig.work()
    assert rig.sandbox.requests[-1].input == {"prompt": "a picnic"}
    hidden.absent_from(sent_since(rig, before))


async def test_no_control_forged_for_it_shows_or_changes_anything(rig: Rig, hidden: Hidden):
    before = await rig.bot.parts.store.cast.all(rig.guild.id)
    actions = [action for action in sorted(_ACTIONS) if action.startswith("cast_") and action != "cast_result"]
    assert len(actions) >= 12
    for action in actions:
        text = shown(await press(rig, hidden.eve, action, hidden.member.id))
        assert "went wrong" not in text, action
        hidden.absent_from(text)
    assert await rig.bot.parts.store.cast.all(rig.guild.id) == before


async def test_another_servers_character_is_as_one_that_is_not_there(rig: Rig, hidden: Hidden):
    elsewhere = rig.env.create_guild("Elsewhere")
    place, bob = elsewhere.create_text_channel("general"), elsewhere.add_member(rig.env.create_user("bob"))
    mira = (await rig.bot.parts.store.cast.all(rig.guild.id))[0]
    assert mira.audience is Audience.EVERYONE
    for action in ("cast_open", "cast_edit", "cast_ask", "cast_remove", "cast_use", "cast_lock"):
        assert "a fox" not in shown(await press(rig, bob, action, mira.id, place)), action
    await bob.slash(place, "image generate", prompt="@Mira x")
    await rig.work()
    assert rig.sandbox.requests[-1].input == {"prompt": "@Mira x"}
    assert mira in await rig.bot.parts.store.cast.all(rig.guild.id)


async def test_images_are_not_posted_where_everyone_reads_them(rig: Rig):
    channel = rig.guild.create_text_channel("open")
    thread = rig.env.backend.create_thread(channel.id, "images", rig.moderator.id, broadcast=True)
    rig.env.backend.announce_thread_create(thread)
    for place in (channel, next(each for each in channel.threads if each.id == thread.id)):
        await rule(rig, cast_channel=place.id)
        with pytest.raises(Refused, match="Everyone can read the cast's channel"):
            await add(rig, NAME, audience=Audience.MAKER)
        assert [each for each in place.history() if each.author.id == rig.bot.user.id] == []
    assert await rig.bot.parts.store.cast.all(rig.guild.id) == []
    await nothing_happened(rig)


async def test_a_role_opens_it_and_losing_the_role_closes_it(rig: Rig):
    await cast_channel(rig)
    role = rig.guild.create_role("Players")
    member = await add(rig, NAME, look=LOOK, audience=Audience.ROLES, role_ids=frozenset({role.id}))
    eve = other(rig, "eve")
    cast = rig.bot.parts.cast
    assert member not in await cast.of(caster(rig, eve))
    assert member in await cast.of(caster(rig, eve, role_ids=[role.id]))
    assert member in await cast.of(caster(rig, eve, moderator=True))


async def test_taking_its_last_role_away_leaves_it_to_its_maker_and_opens_it_to_no_one(rig: Rig):
    role = rig.guild.create_role("Players")
    member = await add(rig, NAME, look=LOOK, audience=Audience.ROLES, role_ids=frozenset({role.id}))
    page = (await rig.member.slash(rig.channel, "cast")).response
    one = (await rig.member.select(page, [member.id], custom_id="c1:cast_open:cast")).response
    await rig.member.select(one, [], custom_id=f"c1:cast_roles:{member.id}")
    [left] = await rig.bot.parts.store.cast.all(rig.guild.id)
    assert (left.audience, left.role_ids) == (Audience.MAKER, frozenset())
    assert left not in await rig.bot.parts.cast.of(caster(rig, other(rig, "eve")))
