"""Sources of an edit as the tests give them, and the refusals."""

from __future__ import annotations

from typing import Any

from bot.domain.models import JobState
from tests.support.rig import Rig
from tests.support.surface import private_sentence

EDIT = "image edit"


async def refused(rig: Rig, command: str, member: Any = None, channel: Any = None, **options: Any) -> str:
    """Return the sentence of a command that is refused; fail if anything was asked of Cannon Studio or held."""
    posts, jobs = rig.sandbox.posts, len(await rig.jobs())
    held = (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held
    result = await (member or rig.member).slash(channel or rig.channel, command, **options)
    assert rig.sandbox.posts == posts
    assert len(await rig.jobs()) == jobs
    assert (await rig.bot.parts.store.ledger.balance(rig.guild.id)).held == held
    return private_sentence(result)


async def sent_link(rig: Rig, **options: Any) -> str:
    """Return the link that an edit with these options sends."""
    await rig.member.slash(rig.channel, EDIT, prompt="x", **options)
    await rig.work()
    assert (await rig.jobs())[0].state is JobState.DELIVERED
    return rig.sandbox.requests[-1].input["image_url"]
