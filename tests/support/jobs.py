"""Jobs as the tests of /jobs make them and read them from the answers."""

from __future__ import annotations

import re
from typing import Any

import discord

from bot.domain.models import Job, JobState
from bot.generation.texts import NO_JOB
from cogs.results.remove import ALONE, CANCEL, DROP
from cogs.results.texts import DO_NOT_POST
from cogs.ui.texts import GONE
from tests.support.channels import press
from tests.support.rig import Rig
from tests.support.surface import agreed, delete, newest, notice, panel_text, parts, unlinked

ACTIONS = {"link": "link", "retry": "retry", "recover": "recover", "cancel": CANCEL + ALONE}
"""The actions of the controls that do what can be done about a job."""


async def ask(rig: Rig, member: Any = None, prompt: str = "a heron", **options: Any) -> Job:
    await (member or rig.member).slash(rig.channel, "image generate", prompt=prompt, **options)
    return await newest(rig)


def said(result: Any) -> str:
    return unlinked("".join(notice(message) for message in (result.response, *result.followups) if message is not None))


async def gallery(rig: Rig, who: Any, at: Any = None, /, **options: Any) -> Any:
    """Open the gallery of jobs."""
    return await who.slash(at or rig.channel, "jobs", **options)


def ids_in(message: Any) -> list[str]:
    """Return the ids of the jobs on a page, in their order."""
    return re.findall(r"^-# `([0-9A-Z]{10})`", panel_text(message), re.MULTILINE)


async def on_job(rig: Rig, member: Any, act: str, job_id: str = "", *, channel: Any = None, drop: bool = False) -> Any:
    """Do with a job what its panel offers: `show`, `link`, `retry`, `recover` (the newest held one) or `cancel`.

    What has to be posted in the channel comes from the panel itself; the others by a control as it is there.
    """
    job_id = job_id or await _newest_held(rig, member)
    if act == "show":
        return await gallery(rig, member, channel, job=job_id)
    if act in {"recover", "retry"}:
        opened = await gallery(rig, member, channel, job=job_id)
        ids = [] if opened.response is None else [item.get("custom_id", "") for item in parts(opened.response)]
        if there := [each for each in ids if f":{act}:" in each]:
            return await member.click(opened.response, custom_id=there[0])
    result = await press(rig, member, ACTIONS[act], job_id, channel)
    for forged in [each for each in (channel or rig.channel).history() if each.content == "there"]:
        delete(rig, forged)
    if drop and result.response is not None and DROP in str(result.response.components):
        await member.click(result.response, label=str(DO_NOT_POST))
    return result


def as_if_none(act: str, job_id: str) -> str:
    """Return the constant answer of `on_job` for a job that the member may not know of."""
    return NO_JOB(job=job_id) if act == "show" else str(GONE)


async def tried_again(rig: Rig, member: Any, job_id: str) -> Any:
    """Let the member try a job again, and agree to its price if they are asked."""
    return await agreed(member, await on_job(rig, member, "retry", job_id))


async def _newest_held(rig: Rig, member: Any) -> str:
    held = [job for job in await rig.jobs() if job.state is JobState.HELD and job.author_id == member.id]
    return held[0].id


def pictures_in(message: Any) -> list[str]:
    """Return the links of the thumbnails of a page of the gallery."""
    return [each["media"]["url"] for each in _all(message) if each["type"] == discord.ComponentType.thumbnail.value]


def _all(component: Any) -> list[dict[str, Any]]:
    found = []
    for row in component.components if hasattr(component, "components") else component.get("components", ()):
        data = row if isinstance(row, dict) else row.to_dict()
        found += [data, *([data["accessory"]] if "accessory" in data else []), *_all(data)]
    return found
