from __future__ import annotations

from rig import Rig
from surface import settled_exactly

from bot.models import JobState


async def made(rig: Rig, command: str = "image generate", member=None, **options):
    """Have a result made, and return its card's message."""
    await (member or rig.member).slash(rig.channel, command, **({"prompt": "a fox #fast"} | options))
    await rig.work()
    return max(rig.messages(), key=lambda message: message.id)


async def test_probe(rig: Rig):
    message = await made(rig)
    await rig.member.react(message, "🔁")
    jobs = await rig.jobs()
    assert len(jobs) == 2, [m.content for m in rig.member.user.dm_channel.history()]
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    print(rig.messages())
    await settled_exactly(rig)
