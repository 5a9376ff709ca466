"""Each way to a request is paid by the member's own account once they have chosen it, and by the server's if not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.models import Books, JobState
from tests.discord.words.test_words import say
from tests.support.channels import private_thread
from tests.support.own_account import ADAS_KEY, linked
from tests.support.rig import HOST_KEY, Rig
from tests.support.scheduling import run_at, schedule
from tests.support.surface import agreed
from tests.support.workflows import IMAGE, earlier

WAYS = ("command", "private", "thread", "button", "reaction", "mention", "reply", "batch")


async def by(rig: Rig, way: str) -> None:
    """Request one image, or two as a batch, that way; a button and a reaction act on a result of the server's."""
    ask: Any = rig.member.slash
    if way == "command":
        await ask(rig.channel, "image generate", prompt="a fox")
    elif way == "private":
        await ask(rig.channel, "image generate", prompt="a fox", private=True)
    elif way == "thread":
        await ask(private_thread(rig, rig.member), "image generate", prompt="a fox")
    elif way == "button":
        pressed = await rig.member.click(rig.messages()[-1], label="Re-run · 12")
        await agreed(rig.member, pressed)  # the label's price is the server's: one's own is not known yet
    elif way == "reaction":
        await rig.member.react(rig.messages()[-1], "🔁")
    elif way in {"mention", "reply"}:
        to_image = {"reply_to": rig.messages()[-1]} if way == "reply" else {}
        offer = await say(rig, "make it night" if to_image else "a fox in the snow", **to_image)
        assert offer is not None
        [row] = offer.components
        await agreed(rig.member, await rig.member.click(offer, custom_id=row.children[0].custom_id))
    else:
        await ask(rig.channel, "batch", operation="image.generate", prompts="a fox | a wolf")
    await rig.work()


@pytest.mark.parametrize(
    ("way", "pays"), [*((way, "mine") for way in WAYS), ("command", "server"), ("reaction", "server")]
)
async def test_every_way_is_paid_as_the_member_has_chosen(rig: Rig, way: str, pays: str):
    await earlier(rig, IMAGE)
    before = {job.id for job in await rig.jobs()}
    await linked(rig, rig.member, ADAS_KEY, pays)
    await by(rig, way)
    made = [job for job in await rig.jobs() if job.id not in before]
    count = 2 if way == "batch" else 1
    assert len(made) == count
    assert {job.books for job in made} == {Books.OWN if pays == "mine" else Books.SERVER}
    assert rig.sandbox.spent(ADAS_KEY) == (12 * count if pays == "mine" else 0)
    assert rig.sandbox.spent(HOST_KEY) == 12 + (0 if pays == "mine" else 12 * count)
    assert await rig.bot.parts.store.check() == []


async def test_a_schedule_is_the_servers_also_when_its_moderator_pays_for_their_own(rig: Rig):
    await linked(rig, rig.moderator, ADAS_KEY, "mine")
    made = await schedule(rig)
    await run_at(rig, made.next_at or 0.0)
    [job] = await rig.jobs()
    assert job.state is JobState.DELIVERED
    assert job.books is Books.SERVER
    assert (rig.sandbox.spent(ADAS_KEY), rig.sandbox.spent(HOST_KEY)) == (0, 12)
