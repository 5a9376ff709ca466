"""What is made outside servers stays its member's; what is a server's, or another's, is not reached from there."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.domain.custom_ids import custom_id
from bot.domain.models import Job
from cogs.ui.controls import _ACTIONS, Control, view_of
from tests.support.channels import made_in, shown
from tests.support.elsewhere import Elsewhere
from tests.support.every_command import commands, filled, needed
from tests.support.rig import Rig
from tests.support.workflows import AUDIO, IMAGE, VIDEO, sample

HERS, OURS, HIS = "adas own words", "adas words in the server", "morgans own words"
FILES = {
    "image edit": {"image": IMAGE},
    "finish lipsync": {"video": VIDEO, "audio": AUDIO},
    "finish subtitles": {"video": VIDEO},
    "finish motion": {"file": IMAGE},
    "finish upscale": {"video": VIDEO},
}


async def made_outside(outside: Elsewhere, where: str, words: str, *, by: Any = None) -> Job:
    await outside.slash(where, "image generate", by=by, prompt=f"{words} #fast")
    await outside.rig.work()
    member = by or outside.rig.member
    return (await outside.rig.bot.parts.store.job_lists.recent(member.id, limit=1))[0]


async def forged(outside: Elsewhere, where: str, action: str, subject: str) -> Any:
    """Press a control with that action and subject on a message of the bot's in a place."""
    rig, channel = outside.rig, outside.channel(where)
    button: Any = discord.ui.Button(label="Press", custom_id=custom_id(action, subject))
    components = view_of([Control(button)]).to_components()
    message = rig.env.backend.create_message(channel.id, rig.bot.user.id, "Press it", components=components)
    found = next(each for each in channel.history() if each.id == message.id)
    return await outside.actor(where).click(found, label="Press")


@pytest.mark.parametrize(
    "where", ["install", *(pytest.param(each, marks=pytest.mark.long) for each in ("dm", "group"))]
)
async def test_no_control_that_is_forged_there_shows_or_moves_anything_of_others(
    rig: Rig, outside: Elsewhere, where: str
):
    await outside.link(rig.member)
    await outside.link(rig.moderator, number=2)
    ours = await made_in(rig, rig.channel, rig.member, OURS, pay="server")
    his = await made_outside(outside, "dm", HIS, by=rig.moderator)
    store = rig.bot.parts.store

    async def state() -> tuple[Any, ...]:
        lists = [
            await store.job_lists.recent(each, limit=50) for each in (rig.guild.id, rig.moderator.id, rig.member.id)
        ]
        rules, limits = await store.settings.get(rig.guild.id), await store.limits.all(rig.guild.id)
        return (*lists, rules, limits, await store.decisions.all(rig.guild.id), rig.sandbox.posts)

    before = await state()
    for action in sorted(_ACTIONS):
        for subject in (ours.id, his.id, ours.card_id, "panel"):
            text = shown(await forged(outside, where, action, subject))
            assert not {HIS, OURS} & {each for each in (HIS, OURS) if each in text}, (action, subject)
            assert "went wrong" not in text, (action, subject)
    assert await state() == before
    assert not await store.decisions.all(rig.member.id)


@pytest.mark.parametrize("where", ["dm", "install"])
async def test_every_command_that_is_offered_there_works(rig: Rig, outside: Elsewhere, where: str):
    await outside.link(rig.member)
    offered, actor, found = set(rig.member.user.available_commands()), outside.actor(where), {}
    for name, command in commands(rig):
        if name not in offered:
            continue
        files = {option: sample(kind) for option, kind in FILES.get(name, {}).items()}
        options = {**needed(rig, command), **files, **({"recipe": "trailer"} if name == "recipe" else {})}
        result = await outside.slash(where, name, **options)
        if result.modal:
            result = await actor.submit_modal(result, filled(result.modal))
        said = [each for each in (result.response, *result.followups) if each is not None]
        found[name] = [each.content for each in said if each.content.startswith("⚠️") and not each.components]
        assert said, name
        await rig.work()
    assert {name: refused for name, refused in found.items() if refused} == {}
    assert len(found) > 15
    assert outside.refused == []


async def test_a_server_and_a_members_own_place_know_nothing_of_each_other(rig: Rig, outside: Elsewhere):
    await outside.link(rig.member)
    own = await made_outside(outside, "dm", HERS)
    ours = await made_in(rig, rig.channel, rig.member, OURS, pay="server")
    for actor, said in ((rig.member, HERS), (rig.moderator, HERS)):
        assert said not in shown(await actor.slash(rig.channel, "jobs"))
        assert said not in shown(await actor.slash(rig.channel, "jobs", job=own.id))
        assert said not in shown(await actor.slash(rig.channel, "usage", scope="mine"))
    assert OURS not in shown(await outside.slash("dm", "jobs"))
    assert OURS not in shown(await outside.slash("dm", "jobs", job=ours.id))
    assert HERS in shown(await outside.slash("dm", "jobs"))
    choices = [each["value"] for each in await outside.autocomplete("dm", "image edit", "from", "")]
    assert choices == [own.id]
    totals = await rig.bot.parts.store.ledger.balance(rig.guild.id)
    assert totals.spent == ours.cost
