"""Results as the tests make them, with the components of their cards and presses on them."""

from __future__ import annotations

from typing import Any

import discord

from bot.domain.models import Job
from tests.support.rig import Rig
from tests.support.surface import DETAILS, REMOVE, agreed, fill, icon, whole
from tests.support.workflows import IMAGE, earlier

RESULT = ["Vary", "Re-run", "Edit and run", "Next step…", DETAILS, REMOVE]


def card_of(rig: Rig, job: Job) -> discord.Message:
    [message] = [m for m in rig.messages() if m.id == job.message_id]
    return message


async def picture(rig: Rig, **options: Any) -> tuple[discord.Message, Job]:
    job = await earlier(rig, IMAGE, **options)
    return card_of(rig, job), job


async def count(rig: Rig) -> int:
    return len(await rig.jobs())


async def block(rig: Rig, member: Any) -> None:
    await rig.bot.parts.store.blocks.add(rig.guild.id, member.id, until=None, reason="", by_id=rig.moderator.id)


class Press:
    """A control of one result, pressed to its end."""

    def __init__(self, message: discord.Message, who: Any) -> None:
        self.message = message
        self.who = who

    async def rerun(self) -> Any:
        return await self.who.click(self.message, label=whole(self.message, "Re-run"))

    async def vary(self) -> Any:
        asked = await self.who.click(self.message, label="Vary")
        assert asked.ephemeral
        if not asked.response.components:
            return asked
        return await agreed(self.who, await self.who.click(asked.response, label=whole(asked.response, "Subtle")))

    async def edit(self) -> Any:
        shown = await self.who.click(self.message, label="Edit and run")
        if shown.modal is None:
            return shown
        return await self.who.submit_modal(shown, fill(shown, {"Prompt": "an edited fox #fast"}))

    async def next_step(self) -> Any:
        asked = await self.who.click(self.message, label="Next step…")
        assert asked.ephemeral
        if not asked.response.components:
            return asked
        shown = await self.who.select(asked.response, ["image.edit"])
        return await self.who.submit_modal(shown, fill(shown, {"Prompt": "at night #fast"}))

    async def remove(self) -> Any:
        asked = await self.who.click(self.message, custom_id=icon(self.message, REMOVE))
        assert asked.ephemeral
        if not asked.response.components:
            return asked
        return await self.who.click(asked.response, label="Remove the result")
