"""Jobs as the tests of /jobs make them and read them from the answers."""

from __future__ import annotations

from typing import Any

from bot.domain.models import Job
from tests.support.rig import Rig
from tests.support.surface import newest


async def ask(rig: Rig, member: Any = None, prompt: str = "a heron", **options: Any) -> Job:
    await (member or rig.member).slash(rig.channel, "image generate", prompt=prompt, **options)
    return await newest(rig)


def said(result: Any) -> str:
    return "".join(message.content for message in (result.response, *result.followups) if message is not None)


async def jobs_command(rig: Rig, member: Any, command: str, **options: Any) -> Any:
    return await member.slash(rig.channel, f"jobs {command}", **options)
